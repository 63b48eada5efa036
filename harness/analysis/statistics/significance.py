"""The tests by which two cells are told apart."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import comb, ndtr, stdtr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

GRID = 1_001
TINY = 1e-12
MANY = 200
"""Runs beyond which the normal distribution stands for Barnard's test; to compute it takes ever longer."""


def student_p(differences: Sequence[float] | NDArray[np.float64]) -> float:
    """The two-sided p-value of Student's test that their mean is zero; 1 for fewer than two.

    Of the tests over pairs it is the one that can decide at three or five seeds: flipping signs never gives less than
    2 / 2^n, which is 0.0625 for five pairs, and all comparisons of a table have to share an error of 0.05.
    """
    count = len(differences)
    if count < 2 or not np.any(differences):  # noqa: PLR2004 - one pair says nothing of spread
        return 1.0
    error = float(np.std(differences, ddof=1)) / math.sqrt(count)
    if error == 0:
        return 0.0
    return float(2 * stdtr(count - 1, -abs(float(np.mean(differences))) / error))


@lru_cache(maxsize=4096)
def barnard_p(one: int, other: int, runs: int) -> float:
    """The two-sided p-value of Barnard's exact test (1945, Nature 156) that two cells solve a task equally often.

    The largest probability, over the share that both might solve, of counts that are as far apart as these, in standard
    errors of the pooled share. It is computed over a fine grid: scipy's search misses the largest one now and then. Of
    more than 200 runs these standard errors are taken for normal.

    0 where all runs of both solved it, or none: then it has nothing to say of their scores. Where some did, scores are
    of two kinds, and three that happen to be of one kind look far more alike to Student's test than they are.

    Args:
        one: how many runs of the one cell solved it.
        other: how many of the other.
        runs: how many each has.
    """
    if one == other == 0 or one == other == runs:
        return 0.0
    if runs > MANY:
        both = one + other
        return float(2 * ndtr(-abs(one - other) / math.sqrt(both * (2 * runs - both) / (2 * runs))))
    counts = np.arange(runs + 1)
    total = counts[:, None] + counts
    error = np.sqrt(total * (2 * runs - total))
    apart = np.abs(counts[:, None] - counts) / np.where(error > 0, error, 1.0)  # (one's count, other's)
    share = np.linspace(0, 1, GRID)
    chance = comb(runs, counts[:, None]) * share ** counts[:, None] * (1 - share) ** (runs - counts[:, None])
    as_far = apart >= apart[one, other] - TINY
    return min(1.0, float(np.max(np.sum(chance * (as_far @ chance), axis=0))))
