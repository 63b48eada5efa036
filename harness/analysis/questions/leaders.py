"""Who leads on a task at a budget, and whether it is another one than in full."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.comparison import Column
    from harness.analysis.questions.budget import Budget


@dataclass(frozen=True)
class Leaders:
    """Who leads on a task at a budget, who in full, and whether these two can be told apart neither here nor there."""

    early: str
    late: str
    tied: bool

    @classmethod
    def of(cls, then: Column, finally_: Column) -> Leaders | None:
        """Those of a task; None where every cell had a run that failed."""
        early, late = _leader(then), _leader(finally_)
        if not early or not late:
            return None
        return cls(early, late, early != late and finally_.scores[early].best and then.scores[late].best)


def _leader(column: Column) -> str:
    """The cell with the best mean of those that no run failed of."""
    means = {cell: score.mean for cell, score in column.scores.items() if score.seeds and not score.failed}
    choose = min if column.direction == "lower" else max
    return choose(means, key=means.__getitem__) if means else ""


def changes(pairs: Sequence[tuple[Column, Column]], budget: Budget) -> list[str]:
    """Whether the winner is another one, for each task and in all."""
    notes, changed, tasks = [], 0, 0
    for then, finally_ in pairs:
        found = Leaders.of(then, finally_)
        if found is None:
            continue
        early, late = found.early, found.late
        tasks += 1
        if early == late:
            notes.append(f"{then.title}: {early} leads at {budget} as in full.")
        elif found.tied:
            notes.append(f"{then.title}: {early} leads at {budget}, {late} in full; the two cannot be told apart.")
        else:
            changed += 1
            notes.append(f"{then.title}: the winner changes: {early} at {budget}, {late} in full.")
    first = f"The winner at {budget} is another one than in full on {changed} of {tasks} tasks (validation scores)."
    return [first, *notes] if tasks else []
