"""Tests that are made again while seeds are added, and err no more often than one test.

The error of all looks together is that of one test, of which each look spends a share; what is spent after a share t
of the most seeds there may be is t² of it (Kim and DeMets 1987, Biometrika 74, with rho = 2). The shares add up, so it
does not matter when one stops, and why: this is Bonferroni's inequality with unequal weights. As most is spent at the
end, it costs little against boundaries that make use of how the looks depend on one another.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr, stdtrit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def shares(looks: Sequence[int]) -> list[float]:
    """The share of the error that each look spends; looks are numbers of seeds, the last one the most there may be."""
    spent = [0.0, *((look / looks[-1]) ** 2 for look in looks)]
    return [later - earlier for earlier, later in pairwise(spent)]


def sequential_p(p_at: Callable[[int], float], seeds: int, looks: Sequence[int]) -> float:
    """The p-value of a test for all looks that there were; it can be adjusted further as any p-value.

    Args:
        p_at: that of the first seeds, so many of them.
        seeds: how many there are.
        looks: the numbers of seeds at which it is looked.
    """
    return min([1.0, *(p_at(look) / share for look, share in zip(looks, shares(looks), strict=True) if look <= seeds)])


def promise(mean: float, spread: float, seeds: int, looks: Sequence[int], alpha: float) -> float:
    """How likely the last look is to show a difference, if it is larger by one standard error than it seems to be.

    The conditional power of stochastic curtailment (Jennison and Turnbull 2000, Group sequential methods, chapter 10),
    on the safe side. 0 where there is no spread, or no seed to be added.

    Args:
        mean: of the differences.
        spread: their standard deviation.
        seeds: how many there are.
        looks: the numbers of seeds at which it is looked.
        alpha: what all looks together may err.
    """
    most, more = looks[-1], looks[-1] - seeds
    if more <= 0 or not spread > 0:
        return 0.0
    seen = abs(mean) / spread
    bound = float(stdtrit(most - 1, 1 - alpha * shares(looks)[-1] / 2)) / math.sqrt(most)
    expected = (seeds * seen + more * (seen + 1 / math.sqrt(seeds))) / most
    return float(ndtr((expected - bound) * most / np.sqrt(more)))
