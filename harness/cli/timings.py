"""What was timed, in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from harness.analysis.timing.texts import HEADINGS, notes, texts, title, warnings
from harness.cli.console import out, table
from harness.cli.tables import lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from harness.analysis.timing.rows import Timing

WHOLE = 20
"""Characters of a cell's name that stand in one line."""


def show(timings: Sequence[Timing]) -> None:
    """Print a table a shape, and what is to be known."""
    for timing in timings:
        out.print(Text(title(timing), style="bold"))
        out.print(_table(timing))
        out.print()
    for warning in warnings(timings):
        out.print(Text(warning, style="yellow"))
    for note in notes(timings):
        out.print(Text(note, style="dim"))


def _table(timing: Timing) -> Table:
    """A line a cell, and below it one a phase: so there is room for all numbers on a narrow terminal."""
    rows = table(("cell", *HEADINGS[3:]))
    rows.columns[0].overflow = "fold"
    for column in rows.columns[1:]:
        column.no_wrap = True
    for column in rows.columns[2:]:
        column.justify = "right"
    for row in timing.reference:
        _add(rows, texts(row, reference=True), "dim")
    for row in timing.rows:
        _add(rows, texts(row), "green" if row.low > 1 else "red" if row.high < 1 else "")
    return rows


def _add(rows: Table, written: Sequence[str], style: str) -> None:
    cell, engine, phase, ratio, *numbers = written
    if phase == "training":
        name = cell if len(cell) <= WHOLE else lines(cell)
        rows.add_row(Text.assemble((name, "bold"), f"  {engine}"))
    rows.add_row(Text(f"  {phase}"), Text(ratio, style=style), *numbers)
