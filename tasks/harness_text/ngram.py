"""N-gram language models with interpolated Witten-Bell smoothing: what a character model has to beat.

P_n(c | h) = (C(h c) + T(h) P_{n-1}(c | h')) / (C(h) + T(h)), where C counts, T(h) is the number of different symbols
that followed h, h' is h without its oldest symbol, and P_0 is uniform. A history that was never seen gives way to the
shorter one.

Source: Witten and Bell 1991, method C; interpolated as in Chen and Goodman 1999, section 2.4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Reals = NDArray[np.float64]


def cross_entropy(training: Numbers, test: Numbers, size: int, order: int) -> float:
    """Nats a symbol of the test text, over all symbols that have order - 1 others before them.

    Args:
        training: (n) symbols below `size`.
        test: (m) the same.
        size: of the vocabulary.
        order: n of the n-gram: 1 sees no history.
    """
    asked, times = np.unique(windows(test, size, order), return_counts=True)
    return float(-(np.log(probabilities(training, asked, size, order)) @ times) / times.sum())


def probabilities(training: Numbers, asked: Numbers, size: int, order: int) -> Reals:
    """The probability of the last symbol of each window (k) after the others; see `windows`."""
    grams, counts = np.unique(windows(training, size, order), return_counts=True)
    estimate = np.full(len(asked), 1 / size)
    for shorter in range(1, order + 1):
        kept = size**shorter  # the remainder of a window is the same window without its oldest symbols
        estimate = _interpolated(grams % kept, counts, asked % kept, size, estimate)
    return estimate


def windows(symbols: Numbers, size: int, order: int) -> Numbers:
    """All windows of `order` symbols, each as one number whose digits to the base `size` are the symbols, oldest first.

    Raises:
        ValueError: the numbers would not fit 64 bits.
    """
    if size**order > np.iinfo(np.int64).max:
        raise ValueError(f"{order}-grams of {size} symbols are too many to number")
    count = len(symbols) - order + 1
    numbers = np.zeros(max(count, 0), dtype=np.int64)
    for place in range(order):
        numbers = numbers * size + symbols[place : place + count]
    return numbers


def _interpolated(grams: Numbers, counts: Numbers, asked: Numbers, size: int, lower: Reals) -> Reals:
    """One order of the recursion: grams (k) with their counts, windows (m) asked for, and P_{n-1} of these."""
    grams, inverse = np.unique(grams, return_inverse=True)
    histories, place = np.unique(grams // size, return_inverse=True)
    count = np.bincount(inverse, counts)  # C(h c)
    total = np.bincount(place, count)  # C(h)
    kinds = np.bincount(place)  # T(h)
    seen = _look_up(asked // size, histories, total)
    weight = _look_up(asked // size, histories, kinds)
    mixed = (_look_up(asked, grams, count) + weight * lower) / np.maximum(seen + weight, 1)
    return np.where(seen > 0, mixed, lower)


def _look_up(asked: Numbers, keys: Numbers, values: NDArray[np.number]) -> Reals:
    """The value of each key; 0 where there is no such key. Keys are sorted."""
    place = np.minimum(np.searchsorted(keys, asked), len(keys) - 1)
    return np.where(keys[place] == asked, values[place], 0.0)
