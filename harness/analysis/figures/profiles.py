"""The profile of normalised scores: on which share of tasks a cell is above each score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.analysis.questions.across import Across
from harness.analysis.statistics.profiles import profile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.comparison import Comparison
    from harness.analysis.statistics.intervals import Estimate

THRESHOLDS = tuple(number / 50 for number in range(56))
"""Normalised scores: 0 is a task's weakest baseline, 1 the best mean of the table."""


@dataclass(frozen=True)
class Profile:
    """One cell: at each of `THRESHOLDS` the share of tasks on which it is above, with its 95% interval over seeds."""

    cell: str
    shares: Sequence[Estimate]


def profiles(comparison: Comparison) -> list[Profile]:
    """Those of a table; none where there are not two tasks on which the same two cells were tried."""
    across = Across.of(comparison)
    if across is None or len(across.tasks) < 2:  # noqa: PLR2004 - a share of one task says nothing
        return []
    return [Profile(cell, profile(scores, THRESHOLDS)) for cell, scores in across.scores.items()]
