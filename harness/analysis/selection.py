"""What of a results folder a table shows, and in which order."""

from __future__ import annotations

import math
import re
from dataclasses import asdict, dataclass, replace
from fnmatch import fnmatchcase
from statistics import fmean
from typing import TYPE_CHECKING

from harness.analysis.costs import TIMES
from harness.errors import HarnessError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from harness.analysis.comparison import Comparison
    from harness.runs.record import RunRecord


@dataclass(frozen=True)
class Selection:
    """Some of the runs, and the metric by which they are compared.

    A name is that of a cell or task with its options, as tables show it; or without them, where nothing is called just
    that; or it has the wildcards * and ?.

    Attributes:
        cells: names; all when empty.
        tasks: likewise.
        metric: instead of each task's first one; tasks without it are left out.
    """

    cells: Sequence[str] = ()
    tasks: Sequence[str] = ()
    metric: str | None = None

    def of(self, records: Sequence[RunRecord]) -> list[RunRecord]:
        """The records that are selected, with the metric as their first one.

        Raises:
            HarnessError: a name is nobody's.
        """
        chosen = list(records)
        if self.cells or self.tasks:
            specs = [record.spec for record in records]
            cells = _chosen("cell", self.cells, [spec.row for spec in specs])
            tasks = _chosen("task", self.tasks, [spec.task.label for spec in specs])
            pairs = zip(records, specs, strict=True)
            chosen = [record for record, spec in pairs if spec.row in cells and spec.task.label in tasks]
        return chosen if self.metric is None else _by_metric(chosen, self.metric)


def _chosen(kind: str, names: Sequence[str], labels: Iterable[str]) -> set[str]:
    known = list(dict.fromkeys(labels))
    return {label for name in names for label in matching(kind, name, known)} if names else set(known)


def matching(kind: str, name: str, labels: Sequence[str]) -> list[str]:
    """The labels that a name selects.

    Raises:
        HarnessError: there is none.
    """
    if name in labels:
        return [name]
    found = [label for label in labels if fnmatchcase(label, name) or _bare(label) == name]
    if not found:
        hint = did_you_mean(name, [*labels, *map(_bare, labels)])
        raise HarnessError(f'no run has a {kind} "{name}".{hint} There is: {", ".join(labels) or "nothing yet"}.')
    return found


def _bare(label: str) -> str:
    """A name without its options and settings."""
    return re.split("[: ]", label)[0]


def _by_metric(records: Sequence[RunRecord], name: str) -> list[RunRecord]:
    """The records of tasks that have a metric, and with it first; runs that failed early know no metrics."""
    named = {metric["name"] for record in records for metric in record.metrics}
    if name not in named:
        hint = did_you_mean(name, named)
        raise HarnessError(f'no task has a metric "{name}".{hint} There is: {"; ".join(sorted(named)) or "none yet"}.')
    measured = {record.spec.contest for record in records if any(m["name"] == name for m in record.metrics)}
    return [
        replace(record, metrics=sorted(record.metrics, key=lambda metric: metric["name"] != name))
        for record in records
        if record.spec.contest in measured
    ]


def ordered(comparison: Comparison, by: str) -> Comparison:
    """The table with its cells in another order: by name, by how well they did on a task, or by what they cost.

    Args:
        comparison: the table.
        by: "cell"; a task, whose best cell comes first; or a number that the table as CSV has, averaged over tasks, the
            smallest first. A minus before it turns the order round. Cells without such a number come last, and so do
            those whose times were measured while others kept the machine busy.

    Raises:
        HarnessError: it is none of these, or several tasks.
    """
    name, backwards = by.removeprefix("-"), by.startswith("-")
    if name == "cell":
        return _in_order(comparison, sorted(comparison.cells, reverse=backwards))
    number = _number(comparison, name)
    sign = -1 if backwards else 1
    known = [cell for cell in comparison.cells if not math.isnan(number(cell))]
    others = [cell for cell in comparison.cells if cell not in known]
    return _in_order(comparison, sorted(known, key=lambda cell: sign * number(cell)) + others)


def _in_order(comparison: Comparison, cells: Sequence[str]) -> Comparison:
    columns = [
        replace(column, scores={cell: column.scores[cell] for cell in cells if cell in column.scores})
        for column in comparison.columns
    ]
    earlier = comparison.earlier and replace(comparison.earlier, full=_in_order(comparison.earlier.full, cells))
    return replace(comparison, columns=columns, cells=cells, earlier=earlier)


def _number(comparison: Comparison, name: str) -> Callable[[str], float]:
    """What cells are ordered by: smaller comes first; NaN where a cell has none."""
    fields = _numeric(comparison)
    if name in fields:
        comparable = [score for score in comparison.scores if name not in TIMES or not score.disturbed]
        return lambda cell: _average([asdict(score)[name] for score in comparable if score.cell == cell])
    columns = {column.title: column for column in comparison.columns}
    choices = ["cell", *columns, *fields]
    try:
        found = matching("task", name, list(columns))
    except HarnessError as error:
        hint = did_you_mean(name, choices)
        raise HarnessError(f'there is no "{name}" to sort by.{hint} There is: {", ".join(choices)}.') from error
    if len(found) > 1:
        raise HarnessError(f'"{name}" is several tasks to sort by: name one of {", ".join(found)}.')
    column = columns[found[0]]
    sign = 1 if column.direction == "lower" else -1
    return lambda cell: sign * column.scores[cell].mean if cell in column.scores else math.nan


OF_ONE_TASK = {"mean", "low", "high", "median", "iqm", "digits"}
"""What has another unit in each task, so that no average of it means anything."""


def _numeric(comparison: Comparison) -> list[str]:
    if not comparison.scores:
        return []
    rows = [asdict(score) for score in comparison.scores]
    return [
        name
        for name in rows[0]
        if name not in OF_ONE_TASK and any(isinstance(row[name], int | float) and row[name] is not True for row in rows)
    ]


def _average(values: Sequence[float | None]) -> float:
    present = [value for value in values if value is not None and not math.isnan(value)]
    return fmean(present) if present else math.nan
