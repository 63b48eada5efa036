"""The table as text in rows and columns, before anything decides what a table looks like."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.analysis.tables.numbers import ARROWS, NOT_TRIED, reached, value

if TYPE_CHECKING:
    from harness.analysis.comparison import Column, Comparison
    from harness.analysis.comparison.scores import Score


@dataclass(frozen=True)
class Entry:
    """What stands in one place of a table.

    Attributes:
        lines: of text; the first is what counts.
        strong: how many characters at the beginning of the first line stand out.
        aside: whether it is only there for orientation, as a baseline is.
    """

    lines: tuple[str, ...]
    strong: int = 0
    aside: bool = False


@dataclass(frozen=True)
class Sheet:
    """A table of entries, each side of it with its names; a name may have several lines.

    Attributes:
        corner: what the names at the side are.
        tops: names of columns.
        sides: names of rows.
        entries: row by row.
        closed: whether the last row is that of the baselines, which stands apart.
    """

    corner: str
    tops: tuple[tuple[str, ...], ...]
    sides: tuple[tuple[str, ...], ...]
    entries: tuple[tuple[Entry, ...], ...]
    closed: bool = False

    def transposed(self) -> Sheet:
        """Rows as columns, and columns as rows."""
        corner = "task" if self.corner == "cell" else "cell"
        return Sheet(corner, self.sides, self.tops, tuple(zip(*self.entries, strict=True)))

    def part(self, start: int, end: int) -> Sheet:
        """Some of the columns."""
        return replace(self, tops=self.tops[start:end], entries=tuple(row[start:end] for row in self.entries))


def sheet(comparison: Comparison, *, transpose: bool = False) -> Sheet:
    """A row a cell and a column a task, the baselines in the last row; or the other way round."""
    columns = comparison.columns
    rows = [[_entry(column.scores.get(cell)) for column in columns] for cell in comparison.cells]
    sides = [(cell,) for cell in comparison.cells]
    closed = any(column.baselines for column in columns)
    if closed:
        rows.append([_baselines(column) for column in columns])
        sides.append(("baseline",))
    tops = tuple((column.title, f"{ARROWS[column.direction]} {column.metric}") for column in columns)
    upright = Sheet("cell", tops, tuple(sides), tuple(map(tuple, rows)), closed)
    return upright.transposed() if transpose and rows else upright


def _entry(score: Score | None) -> Entry:
    if score is None:
        return Entry((NOT_TRIED,), aside=True)
    first, *others = reached(score)
    strong = len(value(score.mean, score.digits)) if score.best else 0
    return Entry((" ".join(filter(None, (first, score.letters))), *others), strong)


def _baselines(column: Column) -> Entry:
    """All of one task, the strongest first."""
    listed = reversed(list(column.baselines.items()))
    return Entry(tuple(f"{value(score, column.digits)} {name}" for name, score in listed), aside=True)
