"""Summaries of a sample, and 95% intervals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri, stdtrit  # Student's t without scipy.stats, which takes a second to import

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LEVEL = 0.95
ALPHA = 1 - LEVEL
Interval = tuple[float, float]
Estimate = tuple[float, float, float]
"""A number, and the ends of its interval."""


def mean_interval(values: Sequence[float] | NDArray[np.float64]) -> Estimate:
    """The mean and Student's 95% interval of it; NaN for a single value, and where one is not finite."""
    mean = float(np.mean(values))
    count = len(values)
    if count == 1 or not math.isfinite(mean):
        return mean, math.nan, math.nan
    half = float(stdtrit(count - 1, (1 + LEVEL) / 2) * np.std(values, ddof=1) / math.sqrt(count))
    return mean, mean - half, mean + half


def interquartile_mean(values: Sequence[float] | NDArray[np.float64]) -> float:
    """The mean of what is left without the lowest and the highest quarter, each rounded down.

    So it is the mean of fewer than four values (Agarwal et al. 2021, arXiv:2108.13264).
    """
    cut = len(values) // 4
    return float(np.mean(np.sort(values)[cut : len(values) - cut]))


def wilson_interval(count: float, total: int) -> Interval:
    """The 95% interval of a share, without correction for continuity (Wilson 1927, JASA 22).

    Args:
        count: how many of them; a tie may count as half.
        total: of how many, at least one.
    """
    z = float(ndtri((1 + LEVEL) / 2))
    centre = (count + z**2 / 2) / (total + z**2)
    half = z / (total + z**2) * math.sqrt(count * (total - count) / total + z**2 / 4)
    return max(0.0, centre - half), min(1.0, centre + half)


def ratio_interval(above: Sequence[float], below: Sequence[float]) -> Estimate:
    """The ratio of two medians over the same repeats, and the 95% percentile bootstrap interval of it.

    Whole repeats are drawn anew, so that what disturbed both in one repeat cancels (Efron and Tibshirani 1993, An
    introduction to the bootstrap, chapters 8 and 13).
    """
    from scipy.stats import bootstrap  # noqa: PLC0415 - see above: only who times something waits for it

    def ratio(above: NDArray[np.float64], below: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
        return np.asarray(np.median(above, axis=axis) / np.median(below, axis=axis))

    found = bootstrap(
        (above, below), ratio, paired=True, vectorized=True, confidence_level=LEVEL, method="percentile", rng=0
    ).confidence_interval
    return float(np.median(above) / np.median(below)), float(found.low), float(found.high)
