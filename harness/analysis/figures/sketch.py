"""What pictures are made of: altair's marks in the colours and shapes of cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.analysis.figures.look import bounds, colour, logarithmic, mark
from harness.analysis.figures.scale import round_numbers
from harness.analysis.tables.numbers import ARROWS
from harness.errors import HarnessError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

ENDINGS = (".svg", ".png", ".pdf", ".html")
WIDTH, HEIGHT, COLUMNS = 260, 170, 3
SAVING: dict[str, dict[str, Any]] = {".png": {"scale_factor": 2.5}, ".html": {"inline": True}}
"""How each kind of file is written: pixels to a unit of the drawing; with all that a page needs, so that it needs no
network."""
MARGIN = 1.3
"""How much a logarithmic axis goes beyond what is on it."""

LABEL = (
    "datum.value != 0 && abs(datum.value) < 0.001 ? format(datum.value, '.1~e') : "
    "abs(datum.value) < 10000 ? format(datum.value, '~g') : format(datum.value, '.3~s')"
)
"""How Vega writes the number at a tick."""

Rows = list[dict[str, Any]]
Chart = Any
"""Altair ships no annotations that hold."""


class Sketch:
    """Draws for some cells; each has the colour and the mark that it has in the report.

    Args:
        cells: all, in the order of the table.

    Raises:
        HarnessError: the extra is not installed.
    """

    def __init__(self, cells: Sequence[str]) -> None:
        try:
            import altair as alt  # noqa: PLC0415 - an extra
            import vl_convert  # noqa: F401, PLC0415 - the same; altair asks for it only when it writes
        except ImportError as error:
            raise HarnessError('pictures are drawn by altair: pip install "cell-harness[figures]".') from error
        self.alt: Any = alt
        colours = alt.Scale(domain=[*cells], range=[colour(number) for number in range(len(cells))])
        marks = alt.Scale(domain=[*cells], range=[mark(number) for number in range(len(cells))])
        legend = alt.Legend(symbolOpacity=1, symbolSize=70)
        self.colour = alt.Color("cell:N", title=None, scale=colours, legend=legend)
        self.unnamed = alt.Color("cell:N", scale=colours, legend=None)
        self.shape = alt.Shape("cell:N", title=None, scale=marks, legend=legend)

    def x(self, title: str, values: Iterable[float], *, log: bool = False, all_: bool = False) -> Chart:
        """The horizontal axis of the field x.

        Args:
            title: what is on it.
            values: all that are on it.
            log: whether it is logarithmic.
            all_: whether each of the values has its number, rather than round ones between them.
        """
        values = sorted(set(values))
        scale = self.alt.Scale(type="log" if log else "linear", zero=False, nice=False, padding=8)
        ticks = values if all_ else round_numbers(values[0], values[-1], log=log)
        return self.alt.X("x:Q", title=title, scale=scale, axis=self._axis(ticks, grid=False))

    def y(self, rows: Rows, metric: str, direction: str) -> Chart:
        """The vertical axis of the field y: all means, and intervals as far as they do not dwarf them."""
        means = [row["y"] for row in rows if row["y"] is not None]
        log = logarithmic(means)
        lows, highs = ([row[end] for row in rows if row[end] is not None] for end in ("low", "high"))
        ends = (min(means) / MARGIN, max(means) * MARGIN) if log else bounds(means, lows, highs)
        return self.between(*ends, title=f"{ARROWS[direction]} {metric}", log=log)

    def between(self, low: float, high: float, *, title: str, log: bool = False) -> Chart:
        """The vertical axis of the field y, from one value to another."""
        scale = self.alt.Scale(type="log" if log else "linear", domain=[low, high], nice=False, zero=False, clamp=True)
        return self.alt.Y("y:Q", title=title, scale=scale, axis=self._axis(round_numbers(low, high, log=log)))

    def _axis(self, ticks: Sequence[float], **options: bool) -> Chart:
        return self.alt.Axis(values=[*ticks], labelExpr=LABEL, **options)

    def of(self, rows: Sequence[Mapping[str, Any]]) -> Chart:
        """A chart of some rows, for marks."""
        return self.alt.Chart({"values": rows})

    def band(self, rows: Rows, x: Chart, y: Chart) -> Chart:
        """The area from low to high."""
        sure = [row for row in rows if row["low"] is not None]
        area = self.of(sure).mark_area(opacity=0.13, clip=True)
        return area.encode(x, self.low(y), self.alt.Y2("high:Q"), self.colour)

    def line(self, rows: Rows, x: Chart, y: Chart) -> Chart:
        """A line with a mark at each point."""
        lines = self.of(rows).mark_line(strokeWidth=1.5, clip=True).encode(x, y, self.colour)
        return lines + self.points(rows, x, y, 30)

    def points(self, rows: Rows, x: Chart, y: Chart, size: int = 60) -> Chart:
        """A mark at each point."""
        return self.of(rows).mark_point(filled=True, size=size, opacity=1).encode(x, y, self.colour, self.shape)

    def low(self, y: Chart) -> Chart:
        """The same axis for the lower ends of intervals."""
        low = y.copy()
        low["shorthand"] = "low:Q"
        return low

    def titled(self, title: str, *layers: Chart) -> Chart:
        """Layers over one another, with a title."""
        return self.alt.layer(*layers).properties(title=title, width=WIDTH, height=HEIGHT)

    def together(self, charts: Sequence[Chart], why_none: str) -> Chart:
        """Charts side by side, in rows.

        Raises:
            HarnessError: there are none; it says why.
        """
        if not charts:
            raise HarnessError(f"there is nothing to draw: {why_none}")
        return (
            self.alt.concat(*charts, columns=COLUMNS, spacing=24)
            .resolve_scale(color="shared", shape="shared")
            .configure_title(anchor="start", fontSize=13)
            .configure_view(stroke="#ddd")
            .configure_axis(gridColor="#e8e8e8", labelColor="#444", titleColor="#444", titleFontWeight="normal")
        )


def row(cell: str, **values: Any) -> dict[str, Any]:  # noqa: ANN401 - numbers and names
    """A row of data as JSON can hold it: None for what is no number."""
    return {"cell": cell, **{name: None if value != value else value for name, value in values.items()}}  # noqa: PLR0124


def check(path: Path) -> None:
    """Refuse a file that cannot be written.

    Raises:
        HarnessError: its ending is none of a picture.
    """
    if path.suffix not in ENDINGS:
        raise HarnessError(f"{path} cannot be drawn: name a file that ends in {', '.join(ENDINGS)}.")


def save(chart: Chart, path: Path) -> None:
    """Write a picture; one that stands there is replaced as a whole.

    Raises:
        HarnessError: the file's ending is none that can be written, or it cannot be written there.
    """
    check(path)
    temporary = path.with_name(f".{path.stem}.new{path.suffix}")
    try:
        chart.save(str(temporary), **SAVING.get(path.suffix, {}))
        temporary.replace(path)
    except OSError as error:
        raise HarnessError(f"{path} cannot be written: {error.strerror}.") from error
