"""The table of scores with its intervals as small bars."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.analysis.figures.look import bounds, logarithmic
from harness.analysis.figures.scale import Scale
from harness.analysis.tables.sheet import Entry, sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.comparison import Column, Comparison
    from harness.analysis.comparison.scores import Score

BAR = 100
"""Width of a bar, in pixels."""


@dataclass(frozen=True)
class Bar:
    """An interval in places of a bar; `baseline` is where the strongest one is."""

    mean: float
    low: float | None
    high: float | None
    baseline: float | None


@dataclass(frozen=True)
class Place:
    """What stands in one place: the text of the table, by what it is sorted, and its bar."""

    entry: Entry
    order: float | None
    bar: Bar | None


@dataclass(frozen=True)
class Grid:
    """The table: a row a cell, whose last one is that of the baselines where there are any."""

    tops: Sequence[Sequence[str]]
    rows: Sequence[tuple[str, Sequence[Place]]]
    baselines: Sequence[Entry]


def grid(comparison: Comparison) -> Grid:
    """The table of a comparison."""
    text = sheet(comparison)
    scales = [_scale(column) for column in comparison.columns]
    rows = [
        (cell, [_place(*parts, cell) for parts in zip(entries, comparison.columns, scales, strict=True)])
        for cell, entries in zip(comparison.cells, text.entries, strict=False)
    ]
    return Grid(text.tops, rows, text.entries[-1] if text.closed else ())


def _scale(column: Column) -> Scale | None:
    """The bars of one task share a scale, in which the strongest baseline is, too."""
    known = [score for score in column.scores.values() if math.isfinite(score.mean)]
    means = [score.mean for score in known] + [*column.baselines.values()][-1:]
    if not known:
        return None
    log = logarithmic(means)
    ends = (min(means), max(means)) if log else bounds(means, (s.low for s in known), (s.high for s in known))
    return Scale(*ends, 4, BAR - 4, log)


def _place(entry: Entry, column: Column, scale: Scale | None, cell: str) -> Place:
    score = column.scores.get(cell)
    if score is None or scale is None or not math.isfinite(score.mean):
        return Place(entry, None, None)
    return Place(entry, score.mean, _bar(score, column, scale))


def _bar(score: Score, column: Column, scale: Scale) -> Bar:
    sure = math.isfinite(score.low)
    strongest = [*column.baselines.values()][-1:]
    return Bar(
        scale(score.mean),
        scale(score.low) if sure else None,
        scale(score.high) if sure else None,
        scale(strongest[0]) if strongest else None,
    )
