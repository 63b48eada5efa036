"""Character-level language modelling."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from annotated_types import Ge

from harness import Baseline, Classes, HarnessError, Metric, OneHot, Recipe, Task, Vocabulary, corpus, endless, streams
from harness_text.ngram import cross_entropy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from harness import Batch, Corpus, Split, Totals

LONG_ENOUGH = 2_000
"""Characters of an evaluation stream, so that its start, where nothing has been read yet, hardly counts."""


class CharLM(Task):
    """Predict each next character of a text.

    The text is a registered corpus, a file, or the files that match a pattern (`corpus=src/**/*.c`), cut into
    contiguous training, validation and test texts. Training runs over parallel streams of the training text in chunks
    between which the state is carried and the gradient is not (truncated backpropagation through time); the seed says
    where in the text the streams begin. Perplexity is the exponential of the mean cross-entropy.

    Source: Karpathy, Johnson and Li 2015, arXiv:1506.02078.
    """

    metrics = (
        Metric("perplexity", "lower", digits=2),
        Metric("bits per character", "lower", digits=3),
        Metric("nats per character", "lower", digits=3),
    )
    many_to_one = False
    recipes: ClassVar = {
        "smoke": Recipe(steps=15, batch=16, learning_rate=1e-2, parameters=10_000, evaluations=1),
        "quick": Recipe(steps=220, batch=32, learning_rate=1.5e-2, parameters=50_000, decay=0.3, evaluations=3),
        "full": Recipe(steps=3_000, batch=32, learning_rate=1e-2, parameters=200_000, decay=0.3, evaluations=15),
    }

    def __init__(self, corpus: str = "kjv", chunk: Annotated[int, Ge(1)] = 100) -> None:
        self.chunk = chunk
        self._corpus = _find(corpus)

    @property
    def encoding(self) -> OneHot:
        """Characters, each as a unit vector."""
        return OneHot(self.vocabulary.size)

    @property
    def output(self) -> Classes:
        """The next character."""
        return Classes(self.vocabulary.size)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The characters of the training text, and the unknown one if the other texts have more."""
        return Vocabulary.characters(*self._texts.values())

    def batches(self, split: Split, batch: int, seed: int) -> Iterator[Batch]:
        """Chunks of parallel streams; of fewer than `batch` where the text is too short for them."""
        symbols = self._symbols[split]
        if split != "train":
            return streams(symbols, _fewer(batch, symbols, LONG_ENOUGH), self.chunk)
        beginning = int(np.random.default_rng(seed).integers(len(symbols)))
        rolled = np.roll(symbols, -beginning)
        return endless(lambda: streams(rolled, _fewer(batch, symbols, self.chunk), self.chunk))

    def score(self, totals: Totals) -> dict[str, float]:
        """Perplexity, bits and nats per character."""
        return _scores(totals["loss"] / totals["count"])

    def baselines(self) -> list[Baseline]:
        """Guessing, and n-grams with interpolated Witten-Bell smoothing."""
        train, test, size = self._symbols["train"], self._symbols["test"], self.vocabulary.size
        ngrams = {"unigram": 1, "2-gram": 2, "4-gram": 4}
        return [
            Baseline("uniform", _scores(math.log(size))),
            *(Baseline(name, _scores(cross_entropy(train, test, size, order))) for name, order in ngrams.items()),
        ]

    def datasets(self) -> tuple[Corpus, ...]:
        """The corpus."""
        return (self._corpus,)

    @cached_property
    def _texts(self) -> dict[Split, str]:
        text = self._corpus.text()
        train, validation = self._corpus.split
        self._check_length(len(text), min(train, validation, 1 - train - validation))
        first, second = round(train * len(text)), round((train + validation) * len(text))
        return {"train": text[:first], "validation": text[first:second], "test": text[second:]}

    def _check_length(self, length: int, smallest_share: float) -> None:
        needed = math.ceil((self.chunk + 2) / smallest_share - 1e-6)  # a target for every step, and one for rounding
        if length == 0:
            raise HarnessError(f"{self._corpus.name} is empty.")
        if length < needed:
            raise HarnessError(
                f"{self._corpus.name} is too short: it has {length:,} characters, and chunks of {self.chunk} need "
                f"{needed:,}, so that each of the training, validation and test texts has one."
            )

    @cached_property
    def _symbols(self) -> dict[Split, NDArray[np.int64]]:
        return {split: self.vocabulary.encode(text) for split, text in self._texts.items()}


_find = corpus  # under a name that the option of the same name does not hide


def _fewer(batch: int, symbols: NDArray[np.int64], length: int) -> int:
    """As many streams as asked for, or as there are of some length; one at least."""
    return max(1, min(batch, (len(symbols) - 1) // length))


def _scores(nats: float) -> dict[str, float]:
    try:
        perplexity = math.exp(nats)
    except OverflowError:
        perplexity = math.inf
    return {"perplexity": perplexity, "bits per character": nats / math.log(2), "nats per character": nats}
