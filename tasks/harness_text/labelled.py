"""Labelled texts, split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from harness import DataSet, Split


@dataclass(frozen=True)
class Labelled:
    """Texts of a split with the numbers (n) of their classes."""

    texts: list[str]
    labels: NDArray[np.int64]

    @classmethod
    def of(cls, examples: Iterable[tuple[str, int]]) -> Labelled:
        """From pairs of a text and its class."""
        texts, labels = zip(*examples, strict=True)
        return cls(list(texts), np.array(labels, dtype=np.int64))

    def take(self, numbers: Sequence[int] | NDArray[np.int64]) -> Labelled:
        """Some of them."""
        return Labelled([self.texts[number] for number in numbers], self.labels[np.asarray(numbers)])


@dataclass(frozen=True)
class LabelledCorpus:
    """Where labelled texts come from: their classes in order, the cards that are read, and how."""

    classes: tuple[str, ...]
    cards: tuple[DataSet, ...]
    read: Callable[[], Mapping[Split, Labelled]]
