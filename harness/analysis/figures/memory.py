"""The memory horizon: how many runs solve a task, against the option that makes it longer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.registry import current
from harness.registry.options import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.analysis.comparison import Column, Comparison
    from harness.registry import Component
    from harness.runs.spec import RunSpec


@dataclass(frozen=True)
class Share:
    """How many runs of a cell solved a task at one value of an option.

    Attributes:
        cell: which.
        value: of the option.
        solved: runs that solved it.
        runs: all, those that failed too.
        low: lower end of the 95% interval of the share (Wilson).
        high: upper end.
    """

    cell: str
    value: float
    solved: int
    runs: int
    low: float
    high: float


@dataclass(frozen=True)
class Horizon:
    """All shares of one task; whatever else was asked for is the same for all of them."""

    task: str
    option: str
    shares: Sequence[Share]


def horizons(comparison: Comparison) -> list[Horizon]:
    """A picture for each task that says what is solved and was run at several values of a numeric option."""
    families: dict[tuple[str, ...], list[tuple[float, Column]]] = {}
    for column in comparison.columns:
        if any(score.solved is not None for score in column.scores.values()):
            spec = next(run.spec for runs in column.runs.values() for run in runs)
            for option, value, family in _axes(spec):
                families.setdefault((spec.task.name, option, *family), []).append((value, column))
    return [
        Horizon(name, option, [share for value, column in found for share in _shares(value, column)])
        for (name, option, *_), found in families.items()
        if len({value for value, _ in found}) > 1
    ]


def _axes(spec: RunSpec) -> Iterator[tuple[str, float, tuple[str, ...]]]:
    """Each numeric option of a task, its value, and what must be the same for others to be compared along it."""
    options = _options(spec.task)
    for option, text in options.items():
        try:
            value = float(text)
        except ValueError:
            continue
        others = (f"{name}={other}" for name, other in options.items() if name != option)
        yield option, value, (*others, spec.budget, str(spec.size), spec.device, *spec.changes)


def _options(task: Component) -> dict[str, str]:
    """All options of a task as text; defaults are known where the task is still installed."""
    try:
        defaults = current().tasks().find(task.target).describe().options
    except HarnessError:
        defaults = {}
    return {**defaults, **{name: text_of(value) for name, value in task.options.items()}}


def _shares(value: float, column: Column) -> Iterator[Share]:
    for cell, score in column.scores.items():
        if score.solved is not None and score.solved_low is not None and score.solved_high is not None:
            yield Share(cell, value, score.solved, score.seeds + score.failed, score.solved_low, score.solved_high)
