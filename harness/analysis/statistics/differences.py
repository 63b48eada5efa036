"""Two cells on one task: the differences of the same seeds, and what they say."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtr

from harness.analysis.statistics.intervals import mean_interval, wilson_interval

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.analysis.statistics.intervals import Interval


@dataclass(frozen=True)
class Difference:
    """How far scores are above others, over the seeds that both have.

    Attributes:
        seeds: how many pairs.
        mean: NaN without a pair.
        low: lower end of Student's 95% interval; NaN for fewer than two pairs.
        high: upper end.
        spread: the standard deviation of the differences; NaN for fewer than two pairs.
        p: two-sided, of Student's paired test; 1 for fewer than two pairs.
        above: how many seeds have the higher score, a tie counting as half.
    """

    seeds: int
    mean: float
    low: float
    high: float
    spread: float
    p: float
    above: float

    @classmethod
    def of(cls, a: Mapping[int, float], b: Mapping[int, float]) -> Difference:
        """That of a from b, seed to score."""
        differences = np.array([a[seed] - b[seed] for seed in sorted(a.keys() & b.keys())])
        count = len(differences)
        if not count:
            return cls(0, math.nan, math.nan, math.nan, math.nan, 1.0, 0.0)
        above = float(np.sum(differences > 0) + np.sum(differences == 0) / 2)
        spread = float(np.std(differences, ddof=1)) if count > 1 else math.nan
        return cls(count, *mean_interval(differences.tolist()), spread, student_p(differences), above)

    @property
    def share_above(self) -> tuple[float, Interval]:
        """The probability that a seed's score is higher, and its 95% interval."""
        return self.above / self.seeds, wilson_interval(self.above, self.seeds)


def student_p(differences: Sequence[float] | np.ndarray) -> float:
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


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted for all comparisons together (Holm 1979, Scandinavian Journal of Statistics 6)."""
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted = [1.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = largest
    return adjusted
