"""Character-level language modelling."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from annotated_types import Ge

from harness import (
    Baseline,
    Classes,
    HarnessError,
    LanguageTask,
    Metric,
    OneHot,
    Recipe,
    Vocabulary,
    corpus,
    endless,
    first,
    streams,
)
from harness_text.ngram import cross_entropy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from harness import Batch, Corpus, Split, Totals

PROMPT = 20
"""Characters that samples begin with."""
LONG_ENOUGH = 2_000
"""Characters of an evaluation stream, so that its start, where nothing has been read yet, hardly counts."""


class CharLM(LanguageTask):
    """Predict each next character of a text.

    The text is a registered corpus, a file, or the files that match a pattern (`corpus=src/**/*.c`), cut into
    contiguous training, validation and test texts, of which `examples` keeps the first characters for training.
    Training runs over parallel streams of the training text in chunks between which the state is carried, unless
    `carry=false`, and the gradient is not (truncated backpropagation through time); the seed says where in the text the
    streams begin. Held-out texts are always read with the state carried. Perplexity is the exponential of the mean
    cross-entropy.

    Source: Karpathy, Johnson and Li 2015, arXiv:1506.02078.
    """

    metrics = (
        Metric("perplexity", "lower", digits=2),
        Metric("bits per character", "lower", digits=3),
        Metric("nats per character", "lower", digits=3),
    )
    recipes: ClassVar = {
        "smoke": Recipe(steps=15, batch=16, learning_rate=1e-2, parameters=10_000, evaluations=1),
        "quick": Recipe(
            steps=220, batch=32, learning_rate=1.5e-2, parameters=50_000, schedule="linear:share=0.3", evaluations=3
        ),
        "full": Recipe(
            steps=3_000, batch=32, learning_rate=1e-2, parameters=200_000, schedule="linear:share=0.3", evaluations=15
        ),
    }

    def __init__(
        self,
        corpus: str = "kjv",
        chunk: Annotated[int, Ge(1)] = 100,
        carry: bool = True,  # noqa: FBT001, FBT002 - an option of the task
        examples: Annotated[int, Ge(1)] | None = None,
    ) -> None:
        self.chunk = chunk
        self.carry = carry
        self.examples = examples
        self._corpus = _find(corpus)

    @property
    def encoding(self) -> OneHot:
        """Characters, each as a unit vector."""
        return OneHot(self.vocabulary.size)

    @property
    def output(self) -> Classes:
        """The next character."""
        return Classes(self.vocabulary.size)

    @property
    def prompt(self) -> str:
        """The beginning of the validation text, as far as the vocabulary has it."""
        known = [symbol for symbol in self._texts["validation"][:PROMPT] if symbol in self.vocabulary.symbols]
        return "".join(known) or self._texts["train"][0]

    def encode(self, text: str) -> list[int]:
        """A text as the numbers of its characters.

        Raises:
            HarnessError: it has a character that the corpus lacks.
        """
        for character in text:
            if character not in self.vocabulary.symbols:
                raise HarnessError(f"{self._corpus.name} has no {character!r}: a prompt can only use its characters.")
        return self.vocabulary.encode(text).tolist()

    def decode(self, symbols: Sequence[int]) -> str:
        """Characters by their numbers."""
        return "".join(self.vocabulary.decode(symbols))

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
        return endless(lambda: streams(rolled, _fewer(batch, symbols, self.chunk), self.chunk, carry=self.carry))

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
        begin, end = round(train * len(text)), round((train + validation) * len(text))
        training = text[:begin]
        if self.examples is not None:
            training = training[: len(first(range(len(training)), self.examples, "training characters"))]
            self._check_length(len(training), 1.0)
        return {"train": training, "validation": text[begin:end], "test": text[end:]}

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
