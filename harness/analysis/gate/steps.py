"""Where a series of figures steps from one level to another."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median
from typing import TYPE_CHECKING

import numpy as np

from harness.errors import HarnessError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.gate.history import Point, Series

LEAST = 10.0
"""What a step has to explain at least, in squared standard errors, beside what grows with the number of points. Chance
explains so much once in some hundred series."""
MEDIAN_JUMP = 0.954
"""The median of |a - b| for standard normal a and b."""
UNSURE = 1.3
"""By how much noise is overrated that is known from few jumps only, so that chance makes no steps of it."""
ENOUGH = 5
"""Points from which on their jumps tell their noise."""
NOTHING = 1e-9
"""A share of the mean that is rounding."""


@dataclass(frozen=True)
class Step:
    """A change of level.

    Attributes:
        at: the first point of the new level.
        before: the old level, a mean.
        after: the new one.
    """

    at: Point
    before: float
    after: float

    @property
    def share(self) -> float:
        """The change as a share of the old level."""
        return (self.after - self.before) / abs(self.before) if self.before else math.inf


def steps(series: Series) -> list[Step]:
    """The changes of level, by exact segmentation with a penalty for each (PELT: Killick, Fearnhead and Eckley 2012).

    Raises:
        HarnessError: the extra is not installed.
    """
    try:
        import ruptures  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise HarnessError('steps are found by ruptures: pip install "cell-harness[trend]".') from error
    values = np.array([point.value for point in series.points])
    if len(values) < 2:  # noqa: PLR2004
        return []
    signal = (values / _noise(series.points)).reshape(-1, 1)
    penalty = LEAST + 2 * math.log(len(values))
    ends = ruptures.Pelt(model="l2", min_size=1, jump=1).fit(signal).predict(pen=penalty)
    levels = [(begin, fmean(values[begin:end])) for begin, end in pairwise([0, *ends])]
    return [Step(series.points[at], before, after) for (_, before), (at, after) in pairwise(levels)]


def _noise(points: Sequence[Point]) -> float:
    """The standard error of a point: that over seeds, or what shows from one point to the next where that is more.

    From one point to the next it shows in the median, which a few steps do not move.
    """
    known = [point.error for point in points if point.error == point.error]
    jumps = [abs(after.value - before.value) for before, after in pairwise(points)]
    rounding = NOTHING * max(1e-300, fmean(abs(point.value) for point in points))
    over_seeds = math.sqrt(fmean(error**2 for error in known)) if known else 0.0
    over_time = UNSURE * median(jumps) / MEDIAN_JUMP if len(points) >= ENOUGH or not known else 0.0
    return max(rounding, over_seeds, over_time)
