"""How much worse a mean may have become, from scores over seeds: one-sided tests of non-inferiority.

Something counts as no worse only where that is shown: where the upper end of the 95% interval of how much worse it has
become lies within the tolerance. So too few seeds, or seeds that spread too far, raise an alarm and do not hide one
(Wellek 2010, Testing statistical hypotheses of equivalence and noninferiority, chapter 5).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LEVEL = 0.95


@dataclass(frozen=True)
class Change:
    """How much worse a mean has become, in the unit of the metric: below 0 it is better.

    Attributes:
        mean: the best guess.
        most: it is at most this, at a level of 95%.
        pairs: whether the same seeds were compared.
    """

    mean: float
    most: float
    pairs: bool


def change(before: Mapping[int, float], now: Mapping[int, float], direction: str) -> Change | None:
    """How much worse the scores have become; None where fewer than two seeds say something about it.

    Over the seeds that both have, Student's test of their differences; where they have none in common, Welch's of the
    two means.

    Args:
        before: seed to score.
        now: likewise.
        direction: whether "lower" or "higher" scores are better.
    """
    sign = 1 if direction == "lower" else -1
    if common := sorted(before.keys() & now.keys()):
        differences = [sign * (now[seed] - before[seed]) for seed in common]
        return _student(differences)
    return _welch([sign * score for score in before.values()], [sign * score for score in now.values()])


def resolvable(scores: Sequence[float], runs: int = 1000) -> float:
    """The tolerance that unchanged code keeps in all but one of so many comparisons with as many other seeds.

    NaN for fewer than two scores.
    """
    count = len(scores)
    if count < 2:  # noqa: PLR2004
        return math.nan
    freedom = 2 * (count - 1)
    error = float(np.std(scores, ddof=1)) * math.sqrt(2 / count)
    return error * float(stdtrit(freedom, LEVEL) + stdtrit(freedom, 1 - 1 / runs))


def _student(differences: Sequence[float]) -> Change | None:
    count = len(differences)
    if count < 2:  # noqa: PLR2004 - one says nothing about spread
        return None
    mean = float(np.mean(differences))
    error = float(np.std(differences, ddof=1)) / math.sqrt(count)
    return Change(mean, mean + float(stdtrit(count - 1, LEVEL)) * error, pairs=True)


def _welch(before: Sequence[float], now: Sequence[float]) -> Change | None:
    if min(len(before), len(now)) < 2:  # noqa: PLR2004
        return None
    mean = float(np.mean(now) - np.mean(before))
    parts = [float(np.var(scores, ddof=1)) / len(scores) for scores in (before, now)]
    total = sum(parts)
    if total == 0:
        return Change(mean, mean, pairs=False)
    freedom = total**2 / sum(part**2 / (len(s) - 1) for part, s in zip(parts, (before, now), strict=True))
    return Change(mean, mean + float(stdtrit(freedom, LEVEL)) * math.sqrt(total), pairs=False)
