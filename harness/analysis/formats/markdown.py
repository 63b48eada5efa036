"""The table in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.analysis.formats.pipes import code, escape, pipe_table
from harness.analysis.tables.costs import cost_headings, cost_rows
from harness.analysis.tables.footnotes import footnotes
from harness.analysis.tables.numbers import NOT_TRIED
from harness.analysis.tables.overview import overview
from harness.analysis.tables.sheet import sheet

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.analysis.comparison import Comparison
    from harness.analysis.tables.sheet import Entry, Sheet


def markdown(comparison: Comparison, *, transpose: bool = False) -> str:
    """The table of scores, the notes, and the table of costs."""
    parts = [_sheet(sheet(comparison, transpose=transpose)), _notes(footnotes(comparison))]
    if found := overview(comparison):
        parts += [_sheet(found.sheet), _notes(found.notes)]
    costs = ([escape(text) for text in row] for row in cost_rows(comparison))
    return "\n".join([*parts, pipe_table(cost_headings(comparison), costs)])


def _sheet(scores: Sheet) -> str:
    headings = [scores.corner, *(escape(" ".join(top)) for top in scores.tops)]
    sides = [" ".join([code(side[0]), *map(escape, side[1:])]) for side in scores.sides]
    if scores.closed:
        sides[-1] = f"*{scores.sides[-1][0]}*"
    return pipe_table(
        headings, ([side, *map(_emphasised, row)] for side, row in zip(sides, scores.entries, strict=True))
    )


def _notes(notes: Iterable[str]) -> str:
    return "".join(f"- {escape(note)}\n" for note in notes)


def _emphasised(entry: Entry) -> str:
    first, *others = map(escape, entry.lines or ("",))
    if entry.strong:
        text = entry.lines[0]
        first = f"**{escape(text[: entry.strong])}**{escape(text[entry.strong :])}"
    return " · ".join(f"*{line}*" if entry.aside and line != NOT_TRIED else line for line in (first, *others) if line)
