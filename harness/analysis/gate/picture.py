"""Figures over time as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.analysis.figures.sketch import check, save
from harness.analysis.gate.steps import steps
from harness.errors import HarnessError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.analysis.gate.history import Series

WIDTH, HEIGHT = 260, 120
TWO_SIDED = 1.96


def draw(all_series: Sequence[Series], path: Path) -> None:
    """A small chart a task and metric: a line a cell with its 95% interval, a ring where it steps.

    Raises:
        HarnessError: the extra is not installed, or the file cannot be written.
    """
    check(path)
    try:
        import altair as alt  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise HarnessError('pictures are drawn by altair: pip install "cell-harness[trend]".') from error
    names = list(dict.fromkeys(p.name for one in all_series for p in sorted(one.points, key=lambda p: p.when)))
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in all_series:
        groups.setdefault((one.task, one.metric), []).extend(_rows(one))
    x = alt.X("commit:N", sort=names, title=None, axis=alt.Axis(labelAngle=-45))
    charts = []
    for (task, metric), rows in groups.items():
        base = alt.Chart({"values": rows}).encode(x=x, color=alt.Color("cell:N", title=None))
        y = alt.Y("value:Q", title=metric, scale=alt.Scale(zero=False))
        bars = base.mark_rule(opacity=0.4).encode(y=alt.Y("low:Q"), y2="high:Q")
        rings = (
            base.transform_filter("datum.step")
            .mark_point(size=160, strokeWidth=2)
            .encode(y=y, shape=alt.value("circle"))
        )
        layers = alt.layer(bars, base.mark_line(point=True).encode(y=y), rings)
        charts.append(layers.properties(title=task, width=WIDTH, height=HEIGHT))
    save(alt.concat(*charts, columns=2), path)


def _rows(one: Series) -> list[dict[str, Any]]:
    stepped = {step.at for step in steps(one)}
    rows = []
    for point in one.points:
        half = TWO_SIDED * point.error if point.error == point.error else 0.0
        rows.append({
            "commit": point.name,
            "cell": one.cell,
            "value": point.value,
            "low": point.value - half,
            "high": point.value + half,
            "step": point in stepped,
        })  # fmt: skip
    return rows
