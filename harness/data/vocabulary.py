"""Vocabularies: the symbols of a training text, characters or words, and texts as their numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

UNKNOWN = "<unknown>"
"""How the unknown symbol is written: no character, and no word that a tokeniser gives."""


@dataclass(frozen=True)
class Vocabulary:
    """Symbols, numbered from 0. Only those of the training text: held-out text must not decide what a model can tell.

    Attributes:
        symbols: the characters in order of their code points, or the words from the most frequent down; UNKNOWN, where
            it is needed, stands at the end.
    """

    symbols: tuple[str, ...]

    @classmethod
    def characters(cls, training: str, *held_out: str) -> Vocabulary:
        """The characters of the training text.

        There is an unknown symbol only if a held-out text has a character that the training text lacks, so that a text
        keeps its customary number of symbols wherever it can.
        """
        known = set(training)
        unknown = () if set().union(*held_out) <= known else (UNKNOWN,)
        return cls((*sorted(known), *unknown))

    @classmethod
    def frequent(cls, training: Iterable[Sequence[str]], largest: int, minimum_count: int = 1) -> Vocabulary:
        """The most frequent words of the training texts, and the unknown symbol for all others.

        Args:
            training: each text as its words.
            largest: how many symbols at most, the unknown one included.
            minimum_count: a word that comes less often is unknown, so that the unknown symbol is met in training.
        """
        counts = Counter(word for text in training for word in text)
        frequent = [word for word, count in counts.items() if count >= minimum_count]
        frequent.sort(key=lambda word: (-counts[word], word))
        return cls((*frequent[: largest - 1], UNKNOWN))

    @property
    def size(self) -> int:
        """The number of symbols."""
        return len(self.symbols)

    def encode(self, text: Sequence[str]) -> NDArray[np.int64]:
        """The numbers (time) of a text's characters, where it is a string, or of its words.

        Raises:
            ValueError: it has a symbol that is not in the vocabulary, and the vocabulary has no unknown symbol.
        """
        if isinstance(text, str):
            return self._encode_characters(text)
        unknown = self._numbers.get(UNKNOWN, -1)
        numbers = np.array([self._numbers.get(word, unknown) for word in text], dtype=np.int64)
        return self._checked(numbers, text)

    def decode(self, numbers: Iterable[int]) -> list[str]:
        """The symbols of some numbers."""
        return [self.symbols[number] for number in numbers]

    def _encode_characters(self, text: str) -> NDArray[np.int64]:
        codes = _code_points(text)
        places = np.searchsorted(self._codes, codes)
        found = self._codes[np.minimum(places, len(self._codes) - 1)] == codes
        return self._checked(np.where(found, places, self._numbers.get(UNKNOWN, -1)), text)

    def _checked(self, numbers: NDArray[np.int64], text: Sequence[str]) -> NDArray[np.int64]:
        if numbers.size and numbers.min() < 0:
            raise ValueError(f"{text[int(numbers.argmin())]!r} is not in the vocabulary, which has no unknown symbol")
        return numbers

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {symbol: number for number, symbol in enumerate(self.symbols)}

    @cached_property
    def _codes(self) -> NDArray[np.uint32]:
        return _code_points("".join(symbol for symbol in self.symbols if symbol != UNKNOWN))


def _code_points(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
