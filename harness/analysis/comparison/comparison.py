"""The comparison: a column a task, a row a cell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.analysis.comparison.pairs import Pair
    from harness.analysis.comparison.scores import Score
    from harness.runs.record import RunRecord


@dataclass(frozen=True)
class Column:
    """One task under one budget: its cells and its baselines."""

    title: str
    metric: str
    direction: str
    digits: int
    scores: Mapping[str, Score]
    baselines: Mapping[str, float]
    """Name to score, the best one last."""
    pairs: Sequence[Pair]
    """Every two cells without a failed run."""
    runs: Mapping[str, Sequence[RunRecord]]
    """What the scores are of: cell to its runs."""
    looks: tuple[int, ...] = ()
    """The numbers of seeds at which it was looked whether more are added; empty where that was fixed before."""


@dataclass(frozen=True)
class Comparison:
    """The whole table."""

    columns: Sequence[Column]
    cells: Sequence[str]
    notes: Sequence[str] = field(default=())
    trials: Sequence[RunRecord] = field(default=(), repr=False)
    """What settings were chosen by."""
    earlier: Earlier | None = field(default=None, repr=False)
    """Where columns show how the runs stood earlier, beside how they ended."""

    @property
    def scores(self) -> list[Score]:
        """Every cell on every task."""
        return [score for column in self.columns for score in column.scores.values()]


@dataclass(frozen=True)
class Earlier:
    """The two tables of which one is made that shows how runs stood `at` a budget, and how they ended."""

    at: str
    then: Comparison
    full: Comparison
