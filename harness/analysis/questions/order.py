"""In which order the cells of a table stand."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from statistics import fmean
from typing import TYPE_CHECKING

from harness.analysis.comparison.costs import TIMES
from harness.analysis.questions.selection import matching
from harness.errors import HarnessError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.analysis.comparison import Comparison


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
