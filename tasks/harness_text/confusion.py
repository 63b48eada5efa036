"""Which class was taken for which, and the scores that follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def confusion(truth: NDArray[np.int64], guess: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """How often each class (row) was taken for each class (column), from classes (n) below `size`."""
    return np.bincount(size * truth + guess, minlength=size * size).reshape(size, size)


def scores(matrix: NDArray[np.int64]) -> dict[str, float]:
    """Accuracy and macro-F1 in percent; the F1 of a class, 2 TP / (2 TP + FP + FN), is 0 where it is 0 / 0."""
    right = matrix.diagonal()
    f1 = 2 * right / np.maximum(matrix.sum(axis=0) + matrix.sum(axis=1), 1)
    return {"accuracy": 100 * float(right.sum() / matrix.sum()), "macro-F1": 100 * float(f1.mean())}
