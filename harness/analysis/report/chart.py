"""A chart as the template draws it: everything is in places of the drawing, and colours are those of cells."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.analysis.figures.scale import Scale

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT = 340, 220
LEFT, RIGHT, TOP, BOTTOM = 46, 10, 8, 34
"""Margins, in which axes have their numbers."""

Place = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """A line of one cell; its marks are at `marks`. What cannot be compared is faint."""

    cell: int
    path: str
    marks: Sequence[Place] = ()
    dashed: bool = False
    faint: bool = False


@dataclass(frozen=True)
class Stop:
    """What a reader learns at one place of a chart.

    Attributes:
        place: x, and y where it belongs to one point.
        title: of the whole.
        rows: cell and text.
    """

    place: tuple[float, float | None]
    title: str
    rows: Sequence[tuple[int, str]]


@dataclass
class Chart:
    """One chart.

    Attributes:
        title: above it.
        x: the scale from left to right.
        y: the scale from bottom to top.
        x_label: what is on x.
        y_label: what is on y.
        bands: areas, by cell.
        bars: vertical intervals: cell, x, and y of both ends.
        lines: over them.
        steps: a line that belongs to no cell: the Pareto front.
        stops: what appears under the pointer, and for the arrow keys.
        width: of the drawing, in its units.
        height: likewise.
    """

    title: str
    x: Scale
    y: Scale
    x_label: str
    y_label: str
    bands: list[tuple[int, str]] = field(default_factory=list)
    bars: list[tuple[int, float, float, float]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    steps: str = ""
    stops: list[Stop] = field(default_factory=list)
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def hover(self) -> str:
        """The stops as JSON."""
        rows = [[*stop.place, stop.title, [list(row) for row in stop.rows]] for stop in self.stops]
        return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def across(low: float, high: float, *, log: bool = False) -> Scale:
    """The scale of an x axis."""
    return Scale(low, high, LEFT, WIDTH - RIGHT, log)


def upwards(low: float, high: float, *, log: bool = False) -> Scale:
    """The scale of a y axis."""
    return Scale(low, high, HEIGHT - BOTTOM, TOP, log)


def path(places: Sequence[Place]) -> str:
    """A line through some places, as SVG writes it; it is interrupted where a value is no number."""
    parts, pen = [], "M"
    for x, y in places:
        if math.isnan(y):
            pen = "M"
            continue
        parts.append(f"{pen}{x:g} {y:g}")
        pen = "L"
    return "".join(parts)


def area(upper: Sequence[Place], lower: Sequence[Place]) -> str:
    """The area between two lines."""
    return path([*upper, *reversed(lower)]) + "Z" if upper else ""
