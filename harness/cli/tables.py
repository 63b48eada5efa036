"""Tables in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from harness.analysis.layout import (
    COST_HEADINGS,
    NOT_TRIED,
    baseline_rows,
    cost_rows,
    footnotes,
    heading,
    reached,
    value,
)
from harness.cli.console import table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.table import Table

    from harness.analysis.comparison import Column, Comparison, Score
    from harness.runs.record import RunRecord


LONG = 24
"""Characters of a title that fit beside what a task cost."""


def show(comparison: Comparison, console: Console) -> None:
    """Print scores, notes and costs; more columns than fit stand in several tables below one another."""
    remaining = list(comparison.columns)
    while remaining:
        count = len(remaining)
        while count > 1 and _width(_scores(comparison, remaining[:count]), console) > console.width:
            count -= 1
        console.print(_scores(comparison, remaining[:count]))
        remaining = remaining[count:]
    console.print()
    for note in footnotes(comparison):
        console.print(Text(note, style="dim"))
    if comparison.scores:
        console.print()
        console.print(_costs(comparison))


def show_runs(records: Sequence[RunRecord], console: Console) -> None:
    """Print a line a run."""
    rows = table(("run", "task", "cell", "seed", "budget", "score", "params", "train s", "how it ended"))
    for column in (rows.columns[0], rows.columns[6], rows.columns[7]):
        column.no_wrap = True  # the others give way on a narrow terminal
    rows.columns[1].overflow = "fold"
    for record in records:
        first = record.metrics[0] if record.metrics else {}
        score = record.scores.get(first.get("name", ""))
        rows.add_row(
            record.spec.key[:8],
            Text("\n  ".join((*record.spec.task.label.split(":"), *record.spec.changes))),
            Text(record.spec.cell.label),
            str(record.spec.seed),
            record.spec.budget,
            "" if score is None else f"{value(score, first['digits'])} {first['name']}",
            "" if record.parameters is None else f"{record.parameters:,}",
            "" if record.seconds is None else f"{record.seconds:.1f}",
            Text(record.status + (f": {record.reason}" if record.reason else "")),
        )
    console.print(rows)


def _scores(comparison: Comparison, columns: Sequence[Column]) -> Table:
    rows = table(("cell", *map(heading, columns)))
    for cell in comparison.cells:
        rows.add_row(Text(cell, style="bold"), *(_score(column.scores.get(cell)) for column in columns))
    rows.add_section()
    for number, row in enumerate(baseline_rows(columns)):
        rows.add_row(Text("" if number else "baseline", style="dim"), *(Text(text, style="dim") for text in row))
    return rows


def _score(score: Score | None) -> Text:
    if score is None:
        return Text(NOT_TRIED, style="dim")
    first, *others = reached(score)
    text = Text(first)
    if score.best:
        text.stylize("bold green", 0, len(value(score.mean, score.digits)))
        text.append(" *", style="bold green")
    return Text("\n").join([text, *map(Text, others)])


def _costs(comparison: Comparison) -> Table:
    rows = table(COST_HEADINGS)
    for column in rows.columns:
        column.no_wrap = True
    for column in rows.columns[2:]:
        column.justify = "right"
    for task, *row in cost_rows(comparison):
        rows.add_row(Text(_folded(task)), *map(Text, row))
    return rows


def _folded(title: str) -> str:
    """A long title with each of its options on a line of its own."""
    if len(title) <= LONG:
        return title
    task, bracket, changes = title.partition(" (")
    return "\n  ".join([*task.split(":"), *(changes.removesuffix(")").split(", ") if bracket else ())])


def _width(table: Table, console: Console) -> int:
    return console.measure(table, options=console.options.update(width=10_000)).maximum
