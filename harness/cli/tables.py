"""Tables in the terminal."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from rich.text import Text

from harness.analysis.comparison.times import MARKED, seconds
from harness.analysis.tables.costs import NAMES, cost_headings, cost_rows
from harness.analysis.tables.footnotes import footnotes
from harness.analysis.tables.numbers import value
from harness.analysis.tables.overview import overview
from harness.analysis.tables.sheet import sheet
from harness.cli.console import table
from harness.runs.record import PASSING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rich.console import Console
    from rich.table import Table

    from harness.analysis.comparison import Comparison
    from harness.analysis.listings.listing import Listing
    from harness.analysis.tables.sheet import Entry, Sheet
    from harness.runs.record import RunRecord


READABLE = 20
"""Characters of a line of a task's name in the listing of runs that stay together on a narrow terminal."""


def show(comparison: Comparison, console: Console, *, transpose: bool = False) -> None:
    """Print scores, notes and costs; more columns than fit stand in several tables below one another."""
    scores = sheet(comparison, transpose=transpose)
    start = 0
    while start < len(scores.tops):
        end = len(scores.tops)
        while end > start + 1 and _width(_scores(scores.part(start, end)), console) > console.width:
            end -= 1
        console.print(_scores(scores.part(start, end)))
        console.print()
        start = end
    _print_notes(footnotes(comparison), console)
    if found := overview(comparison):
        console.print()
        console.print(_scores(found.sheet))
        console.print()
        _print_notes(found.notes, console)
    if comparison.scores:
        console.print()
        console.print(_costs(comparison, console))


def show_listing(listing: Listing, console: Console) -> None:
    """Print rows under headings, and notes; names give way on a narrow terminal, numbers do not."""

    def rows(written: Callable[[str], str]) -> Table:
        found = table(listing.headings)
        for number, column in enumerate(found.columns):
            if number < listing.names:
                column.overflow = "fold"
            else:
                column.justify, column.no_wrap = "right", True
        for row in listing.rows:
            found.add_row(*(Text(written(text)) for text in row[: listing.names]), *map(Text, row[listing.names :]))
        return found

    if listing.rows:
        whole = rows(str)
        console.print(whole if _width(whole, console) <= console.width else rows(_folded))
        console.print()
    _print_notes(listing.notes, console)


def _print_notes(notes: Iterable[str], console: Console) -> None:
    for note in notes:
        console.print(Text(note, style="dim"))


def show_runs(records: Sequence[RunRecord], console: Console, folder: str | None = None) -> None:
    """Print a line a run, and why those that did not finish did not; where a folder is given, how to run them again."""
    budgets = {record.spec.budget for record in records}
    shown = ("budget",) if len(budgets) > 1 else ()
    headings = ("run", "task", "cell", "seed", *shown, "score", "params", "train s", "ended")
    rows = table(headings)
    for name, column in zip(headings, rows.columns, strict=True):
        column.no_wrap = name in {"run", "params", "train s", "ended"}  # the others give way on a narrow terminal
        column.overflow = "fold"
    names = [lines(record.spec.task.label, record.spec.changes) for record in records]
    rows.columns[1].min_width = min(
        READABLE, max((len(line) for name in names for line in name.split("\n")), default=0)
    )
    for record, task in zip(records, names, strict=True):
        first = record.metrics[0] if record.metrics else {}
        trial, name = record.spec.trial, first.get("name", "")
        score = (record.validation if trial else record.scores).get(name)
        rows.add_row(
            record.spec.key[:8],
            Text(task),
            Text(lines(record.spec.cell.label, (*record.spec.knobs, *record.spec.chosen))),
            f"trial {trial}" if trial else str(record.seed),
            *([record.spec.budget] if shown else []),
            "" if score is None else f"{value(score, first['digits'])} {'validation ' if trial else ''}{name}",
            "" if record.parameters is None else f"{record.parameters:,}",
            seconds(record),
            record.status,
        )
    console.print(rows)
    if any(record.disturbed for record in records):
        _print_notes([MARKED], console)
    for record in records:
        if record.reason:
            attempts = f" in attempt {record.attempt}" if record.attempt > 1 else ""
            console.print(Text(f"{record.spec.key[:8]} {record.status}{attempts}: {record.reason}"))
            if folder is not None and record.status in PASSING:
                where = "" if folder == "results" else f" --results {shlex.quote(folder)}"
                console.print(Text(f"         again: harness rerun {record.spec.key[:8]}{where}", style="dim"))


def _scores(part: Sheet) -> Table:
    rows = table((part.corner, *("\n".join(top) for top in part.tops)))
    for shown in rows.columns:
        shown.overflow = "fold"
    for number, (side, entries) in enumerate(zip(part.sides, part.entries, strict=True), start=1):
        apart = part.closed and number == len(part.sides)
        if apart:
            rows.add_section()
        name = Text("\n").join([Text(side[0], style="dim" if apart else "bold"), *map(Text, side[1:])])
        rows.add_row(name, *map(_entry, entries))
    return rows


def _entry(entry: Entry) -> Text:
    text = Text("\n".join(entry.lines), style="dim" if entry.aside else "")
    if entry.strong:
        text.stylize("bold green", 0, entry.strong)
    return text


def _costs(comparison: Comparison, console: Console) -> Table:
    """A line a task and cell; where that is too wide, names with each of their options on a line of its own."""
    whole = _cost_table(comparison, str, cost_headings(comparison))
    if _width(whole, console) <= console.width:
        return whole
    return _cost_table(comparison, _folded, [re.sub(" ([↓↑])", r"\n\1", name) for name in cost_headings(comparison)])


def _cost_table(comparison: Comparison, written: Callable[[str], str], headings: Sequence[str]) -> Table:
    rows = table(headings)
    for column in rows.columns[:NAMES]:
        column.overflow = "fold"
    for column in rows.columns[NAMES:]:
        column.justify, column.no_wrap = "right", True  # names give way on a narrow terminal, numbers do not
    for task, cell, *row in cost_rows(comparison):
        rows.add_row(Text(written(task)), Text(written(cell)), *map(Text, row))
    return rows


def _folded(title: str) -> str:
    name, bracket, changes = title.partition(" (")
    return lines(name, changes.removesuffix(")").split(", ") if bracket else ())


def lines(name: str, changes: Sequence[str] = ()) -> str:
    """A name with each of its options, and what was changed, on a line of its own."""
    return "\n ".join(part for text in (name, *changes) for part in text.split(":"))


def _width(table: Table, console: Console) -> int:
    return console.measure(table, options=console.options.update(width=10_000)).maximum
