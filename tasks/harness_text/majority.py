"""The most frequent class of a symbol, given what came before it: what a labeller without a memory can know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]


def by_context(training: tuple[Bytes, Bytes], asked: Bytes, order: int, size: int) -> NDArray[np.int64]:
    """The classes (k × time) of the symbols asked for, by the most frequent class in training.

    A window that training lacks gives way to the shorter one.

    Args:
        training: symbols (n, time) below `size`, and their classes (n, time).
        asked: symbols (k, time).
        order: how many symbols are looked at, the labelled one and those before it; 0 looks at none.
        size: the number of symbols.
    """
    symbols, labels = training
    kinds = int(labels.max()) + 1
    guess = np.zeros(asked.size, dtype=np.int64)
    for shorter in range(order + 1):
        told = kinds * _windows(symbols, shorter, size) + labels.ravel()
        counts = np.bincount(told, minlength=kinds * (size + 1) ** shorter).reshape(-1, kinds)
        of_window = counts.argmax(axis=1)
        seen = counts.sum(axis=1) > 0
        places = _windows(asked, shorter, size)
        guess = np.where(seen[places], of_window[places], guess)
    return guess


def _windows(symbols: Bytes, order: int, size: int) -> NDArray[np.int64]:
    """The symbol at each place (rows × time) and those before it, as one number; `size` is what stands before all."""
    rows, time = symbols.shape
    padded = np.concatenate([np.full((rows, max(order - 1, 0)), size), symbols], axis=1)
    numbers = np.zeros((rows, time), dtype=np.int64)
    for place in range(order):
        numbers = numbers * (size + 1) + padded[:, place : place + time]
    return numbers.ravel()
