"""Who would have won under other budgets, from the learning curves of the same runs."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from harness.analysis.figures.scale import short
from harness.analysis.questions.budget import Budget, Spent, spent
from harness.analysis.questions.earlier import compare_at
from harness.analysis.questions.leaders import Leaders
from harness.errors import HarnessError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.analysis.comparison import Comparison
    from harness.runs.record import RunRecord

ASKED: Mapping[Spent, str] = {
    "steps": "at half of the steps",
    "seconds": "in the seconds of the fastest",
    "flops": "with the operations of the cheapest",
}
"""What is asked, by what is spent."""


@dataclass(frozen=True)
class Outcome:
    """Who leads a task at a budget, by validation scores.

    Attributes:
        leader: the best mean; empty where the records do not tell.
        verdict: how that compares with who leads in full.
        amount: of the budget.
        changed: whether it is another one than in full, by more than chance.
    """

    leader: str = ""
    verdict: str = ""
    amount: str = ""
    changed: bool = False


@dataclass(frozen=True)
class Outcomes:
    """What is asked, and the answers of each task on which cells can be compared."""

    asked: Sequence[str]
    tasks: Mapping[str, Sequence[Outcome]]

    @property
    def summary(self) -> str:
        """Whether the winner changes."""
        changed = sum(any(outcome.changed for outcome in row) for row in self.tasks.values())
        tasks = f"{len(self.tasks)} task{'s' if len(self.tasks) != 1 else ''}"
        return f"The winner is another one on {changed or 'none'} of {tasks}."


def outcomes(comparison: Comparison) -> Outcomes:
    """Who leads under other budgets; those that no record tells of are left out."""
    found = {}
    for column in comparison.columns:
        runs = [run for some in column.runs.values() for run in some]
        found[column.title] = {by: _outcome(column.runs, runs, by) for by in ASKED} if len(column.scores) > 1 else {}
    told = [by for by in ASKED if any(row and row[by].leader for row in found.values())]
    tasks = {
        title: [row[by] for by in told] for title, row in found.items() if any(row and row[by].leader for by in told)
    }
    return Outcomes([ASKED[by] for by in told], tasks)


def _outcome(cells: Mapping[str, Sequence[RunRecord]], runs: Sequence[RunRecord], by: Spent) -> Outcome:
    totals = [median(found) for some in cells.values() if (found := _totals(some, by))]
    if not totals or not min(totals):
        return Outcome()
    value = min(totals) / 2 if by == "steps" else min(totals)
    try:
        then, finally_ = compare_at(runs, Budget(by, value)).columns
    except HarnessError:  # the first evaluation came later
        return Outcome()
    leaders = Leaders.of(then, finally_)
    if leaders is None:
        return Outcome()
    if leaders.early == leaders.late:
        verdict = "as in full"
    elif leaders.tied:
        verdict = f"{leaders.late} in full; the two cannot be told apart"
    else:
        verdict = f"another one than in full: {leaders.late}"
    changed = leaders.early != leaders.late and not leaders.tied
    return Outcome(leaders.early, verdict, f"{by}={short(value)}", changed)


def _totals(runs: Sequence[RunRecord], by: Spent) -> list[float]:
    """What each finished run of a cell spent in all."""
    done = [run for run in runs if run.status == "finished" and run.curve]
    return [total for run in done if (total := spent(run, by, run.curve[-1])) is not None]
