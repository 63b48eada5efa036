"""What the language tasks share: one long text, cut once, read in parallel streams."""

from __future__ import annotations

import math
from abc import abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from harness import Classes, HarnessError, LanguageTask, OneHot, corpus, endless, first, streams

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from harness import Batch, Corpus, Split, Vocabulary

LONG_ENOUGH = 2_000
"""Symbols of an evaluation stream, so that its start, where nothing has been read yet, hardly counts."""
PROMPT = 20
"""Symbols that the stored samples begin with."""


class StreamedText(LanguageTask):
    """Predict each next symbol of a text, whose symbols a subclass says.

    Args:
        corpus: a registered one, a file, or the files that match a pattern.
        chunk: steps through which the gradient goes back.
        carry: whether training carries the state from chunk to chunk. Held-out texts are always read with it.
        examples: how many symbols the training text keeps, from its beginning; all when None. What is held out and the
            vocabulary stay as they are, so that scores can be compared.
    """

    unit: ClassVar[str]
    """What a symbol is called: "character"."""

    def __init__(self, corpus: str, chunk: int, *, carry: bool, examples: int | None) -> None:
        self.chunk = chunk
        self.carry = carry
        self.examples = examples
        self._corpus = _find(corpus)
        if examples is not None and examples <= chunk:
            raise HarnessError(
                f"examples={examples} is too few: a chunk of {chunk} needs {chunk + 1} {self.unit}s, "
                "one more to predict."
            )

    @property
    @abstractmethod
    def vocabulary(self) -> Vocabulary:
        """The symbols."""

    @abstractmethod
    def _read(self, text: str) -> Sequence[str]:
        """The symbols of the whole text, one after the other."""

    @property
    def encoding(self) -> OneHot:
        """Symbols, each as a unit vector."""
        return OneHot(self.vocabulary.size)

    @property
    def output(self) -> Classes:
        """The next symbol."""
        return Classes(self.vocabulary.size)

    def batches(self, split: Split, batch: int, seed: int) -> Iterator[Batch]:
        """Chunks of parallel streams; of fewer than `batch` where the text is too short for them."""
        symbols = self._symbols[split]
        if split != "train":
            return streams(symbols, _fewer(batch, symbols, LONG_ENOUGH), self.chunk)
        beginning = int(np.random.default_rng(seed).integers(len(symbols)))
        rolled = np.roll(symbols, -beginning)
        return endless(lambda: streams(rolled, _fewer(batch, symbols, self.chunk), self.chunk, carry=self.carry))

    def datasets(self) -> tuple[Corpus, ...]:
        """The corpus."""
        return (self._corpus,)

    @property
    def prompt(self) -> str:
        """How the validation text begins, as far as the vocabulary goes; how the training text does where it does not.

        Whatever the corpus is, this can be encoded.
        """
        known = set(self.vocabulary.symbols)
        told = [symbol for symbol in self._parts["validation"][:PROMPT] if symbol in known]
        numbers = self.vocabulary.encode(told) if told else self._symbols["train"][:1]
        return self.decode(numbers.tolist())

    @cached_property
    def _parts(self) -> dict[Split, Sequence[str]]:
        """The training, validation and test text, the training text whole."""
        units = self._read(self._corpus.text())
        train, validation = self._corpus.split
        self._check_length(len(units), min(train, validation, 1 - train - validation))
        begin, end = round(train * len(units)), round((train + validation) * len(units))
        return {"train": units[:begin], "validation": units[begin:end], "test": units[end:]}

    def _check_length(self, length: int, smallest_share: float) -> None:
        needed = math.ceil((self.chunk + 2) / smallest_share - 1e-6)  # a target for every step, and one for rounding
        if length == 0:
            raise HarnessError(f"{self._corpus.name} is empty.")
        if length < needed:
            raise HarnessError(
                f"{self._corpus.name} is too short: it has {length:,} {self.unit}s, and chunks of {self.chunk} need "
                f"{needed:,}, so that each of the training, validation and test texts has one."
            )

    @cached_property
    def _symbols(self) -> dict[Split, NDArray[np.int64]]:
        train = first(self._parts["train"], self.examples, f"{self.unit}s of training text")
        return {split: self.vocabulary.encode(part) for split, part in {**self._parts, "train": train}.items()}


_find = corpus  # under a name that the option of the same name does not hide


def _fewer(batch: int, symbols: NDArray[np.int64], length: int) -> int:
    """As many streams as asked for, or as there are of some length; one at least."""
    return max(1, min(batch, (len(symbols) - 1) // length))


def perplexity(nats: float) -> float:
    """The exponential of a cross-entropy in nats."""
    try:
        return math.exp(nats)
    except OverflowError:
        return math.inf
