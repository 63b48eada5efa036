"""Pictures of what a table says over all of its tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.analysis.figures.profiles import THRESHOLDS, profiles
from harness.analysis.figures.ranks import diagram
from harness.analysis.figures.sketch import Chart, Rows, Sketch, row

if TYPE_CHECKING:
    from harness.analysis.comparison import Comparison
    from harness.analysis.figures.ranks import Stalk

GAP, BETWEEN = 0.6, 0.45
"""From the axis to the first bar, and between bars, to the distance of two names."""
RANKS_WIDE, PLACE = 420, 22


def ranks(comparison: Comparison) -> Chart:
    """Average ranks on a line, and bars over those that cannot be told apart: the critical-difference diagram."""
    sketch = Sketch(comparison.cells)
    found = diagram(comparison)
    if found is None:
        return sketch.together([], "no two cells were tried on the same two tasks.")
    alt, worst = sketch.alt, len(found.stalks)
    axis = alt.Axis(orient="top", values=[*range(1, worst + 1)], format="d", grid=False, title="average rank")
    x = alt.X("x:Q", scale=alt.Scale(domain=[1, worst], nice=False), axis=axis)
    first = GAP + BETWEEN * len(found.groups)
    bottom = first + found.levels + (1 if found.critical else 0)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[bottom, 0], nice=False), axis=None)
    stalks = [_stalk(stalk, worst, first) for stalk in found.stalks]
    bars = [{"x": low, "to": high, "y": GAP + BETWEEN * place} for low, high, place in found.groups]
    layers = [
        sketch.of(stalks).mark_rule(strokeWidth=1.4).encode(x, y, alt.Y2("top:Q"), sketch.unnamed),
        sketch.of(stalks).mark_rule(strokeWidth=1.4).encode(x, y, alt.X2("side:Q"), sketch.unnamed),
        *(_names(sketch, stalks, y, left=left) for left in (True, False)),
        sketch.of(bars).mark_rule(strokeWidth=5, color="#555").encode(x, y, alt.X2("to:Q")),
    ]
    if found.critical:
        text = f"critical difference {found.critical:.2f}"
        least = sketch.of([{"x": 1, "to": 1 + found.critical, "y": bottom - 0.2, "label": text}])
        layers.append(least.mark_rule(strokeWidth=2, color="#555").encode(x, y, alt.X2("to:Q")))
        layers.append(least.mark_text(align="left", dy=-7, color="#555").encode(x, y, alt.Text("label:N")))
    title = f"{found.tasks} tasks" + ("" if found.critical else ": too few to tell any two apart")
    chart = alt.layer(*layers).properties(title=title, width=RANKS_WIDE, height=PLACE * (bottom + 0.5))
    return sketch.together([chart], "").configure_view(stroke=None)


def _stalk(stalk: Stalk, worst: int, top: float) -> dict[str, Any]:
    label = f"{stalk.cell}  {stalk.rank:.1f}" if stalk.left else f"{stalk.rank:.1f}  {stalk.cell}"
    place = {"x": stalk.rank, "side": 1 if stalk.left else worst, "y": top + stalk.level - 0.5, "top": 0}
    return row(stalk.cell, **place, left=stalk.left, label=label)


def _names(sketch: Sketch, stalks: Rows, y: Chart, *, left: bool) -> Chart:
    """Names and ranks at one side."""
    names = sketch.of([stalk for stalk in stalks if stalk["left"] is left])
    text = names.mark_text(align="right" if left else "left", dx=-5 if left else 5, fontSize=12)
    return text.encode(sketch.alt.X("side:Q"), y, sketch.alt.Text("label:N"))


def profile(comparison: Comparison) -> Chart:
    """On which share of tasks a cell is above each normalised score, with its 95% interval over seeds."""
    sketch = Sketch(comparison.cells)
    rows = [
        row(found.cell, x=threshold, y=share, low=low, high=high)
        for found in profiles(comparison)
        for threshold, (share, low, high) in zip(THRESHOLDS, found.shares, strict=True)
    ]
    why = "no two cells were tried on the same two tasks that have a baseline."
    if not rows:
        return sketch.together([], why)
    x = sketch.x("normalised score: 0 the weakest baseline, 1 the best cell", THRESHOLDS)
    y = sketch.between(0, 1, title="share of tasks above it")
    lines = sketch.of(rows).mark_line(strokeWidth=1.7, interpolate="step").encode(x, y, sketch.colour)
    return sketch.together([sketch.titled("profile over tasks", sketch.band(rows, x, y), lines)], why)
