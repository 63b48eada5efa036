"""Intervals and tests over seeds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtr, stdtrit  # Student's t without scipy.stats, which takes a second to import

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

LEVEL = 0.95


def mean_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """The mean and Student's 95% interval of it; the interval of a single value is NaN."""
    mean = float(np.mean(values))
    count = len(values)
    if count == 1:
        return mean, math.nan, math.nan
    half = float(stdtrit(count - 1, (1 + LEVEL) / 2) * np.std(values, ddof=1) / math.sqrt(count))
    return mean, mean - half, mean + half


def ratio_interval(above: Sequence[float], below: Sequence[float]) -> tuple[float, float, float]:
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


def paired_p(a: Mapping[int, float], b: Mapping[int, float]) -> float:
    """The two-sided p-value of Student's paired t-test over the seeds that both have; 1 for fewer than two pairs."""
    differences = np.array([a[seed] - b[seed] for seed in sorted(a.keys() & b.keys())])
    count = len(differences)
    if count < 2 or not np.any(differences):  # noqa: PLR2004 - one pair says nothing of spread
        return 1.0
    error = float(np.std(differences, ddof=1)) / math.sqrt(count)
    if error == 0:
        return 0.0
    return float(2 * stdtr(count - 1, -abs(float(np.mean(differences))) / error))


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted for all comparisons together (Holm 1979)."""
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted = [1.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = largest
    return adjusted


def best_group(scores: Mapping[str, Mapping[int, float]], direction: str) -> set[str]:
    """The candidate with the best mean, and all that cannot be told from it over the paired seeds.

    Args:
        scores: candidate to seed to score; every candidate has a score.
        direction: "lower" or "higher" is better.
    """
    if not scores:
        return set()
    sign = 1 if direction == "lower" else -1
    best = min(scores, key=lambda name: sign * float(np.mean(list(scores[name].values()))))
    others = [name for name in scores if name != best]
    adjusted = holm([paired_p(scores[best], scores[name]) for name in others])
    return {best} | {name for name, p in zip(others, adjusted, strict=True) if p >= 1 - LEVEL}
