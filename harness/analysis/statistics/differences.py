"""Two cells on one task: the differences of the same seeds, and what they say."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np

from harness.analysis.statistics.intervals import mean_interval, wilson_interval
from harness.analysis.statistics.significance import barnard_p, student_p
from harness.analysis.statistics.spending import sequential_p

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from harness.analysis.statistics.intervals import Interval


class BySeed:
    """Numbers by seed, in the order of the seeds."""

    def __init__(self, numbers: Mapping[int, float]) -> None:
        self.seeds = sorted(numbers)
        self.numbers = np.array([numbers[seed] for seed in self.seeds], dtype=float)

    @cached_property
    def mean(self) -> float:
        """Of all of them."""
        return fmean(self.numbers.tolist())

    def at(self, seeds: Sequence[int]) -> NDArray[np.float64]:
        """The numbers of some of the seeds."""
        if seeds == self.seeds:
            return self.numbers
        place = {seed: index for index, seed in enumerate(self.seeds)}
        return self.numbers[[place[seed] for seed in seeds]]

    def shared(self, other: BySeed) -> list[int]:
        """The seeds that both have."""
        return self.seeds if self.seeds == other.seeds else sorted({*self.seeds} & {*other.seeds})


@dataclass(frozen=True)
class Difference:
    """How far scores are above others, over the seeds that both have.

    Attributes:
        seeds: how many pairs.
        mean: NaN without a pair.
        low: lower end of Student's 95% interval; NaN for fewer than two pairs.
        high: upper end.
        spread: the standard deviation of the differences; NaN for fewer than two pairs.
        p: two-sided, of Student's paired test; 1 for fewer than two pairs. Where it is known which runs solved their
            task, and some did and some did not, Barnard's if that is larger. Where looks are given, for all of them.
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
    def of(
        cls,
        a: BySeed,
        b: BySeed,
        looks: Sequence[int] = (),
        solved: Sequence[BySeed] = (),
    ) -> Difference:
        """That of a from b.

        Args:
            a: the scores of the one cell.
            b: of the other.
            looks: at which numbers of seeds it was looked whether more are added; empty where that was fixed before.
            solved: which runs of each solved the task, as 1 and 0; empty where that makes no sense.
        """
        seeds = a.shared(b)
        differences = a.at(seeds) - b.at(seeds)
        outcomes = [runs.at(seeds) for runs in solved]
        count = len(differences)
        if not count:
            return cls(0, math.nan, math.nan, math.nan, math.nan, 1.0, 0.0)
        above = float(np.sum(differences > 0) + np.sum(differences == 0) / 2)
        spread = float(np.std(differences, ddof=1)) if count > 1 else math.nan

        def p_at(count: int) -> float:
            counts = [int(np.sum(runs[:count])) for runs in outcomes]
            return max(student_p(differences[:count]), barnard_p(*counts, count) if counts else 0.0)

        p = sequential_p(p_at, count, looks) if looks else p_at(count)
        return cls(count, *mean_interval(differences), spread, p, above)

    @property
    def share_above(self) -> tuple[float, Interval]:
        """The probability that a seed's score is higher, and its 95% interval."""
        return self.above / self.seeds, wilson_interval(self.above, self.seeds)


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted for all comparisons together (Holm 1979, Scandinavian Journal of Statistics 6)."""
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted = [1.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = largest
    return adjusted
