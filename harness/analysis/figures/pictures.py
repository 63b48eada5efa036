"""The kinds of pictures: a small chart a task, all in one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.analysis.figures.curves import curves
from harness.analysis.figures.gradients import DEPTH, MOMENTS, flows
from harness.analysis.figures.look import logarithmic
from harness.analysis.figures.memory import horizons
from harness.analysis.figures.over_tasks import profile, ranks
from harness.analysis.figures.sketch import Chart, Rows, Sketch, row
from harness.analysis.figures.tradeoffs import tradeoffs
from harness.analysis.figures.tuning import rates, tuning
from harness.errors import HarnessError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.analysis.comparison import Comparison


def learning(comparison: Comparison) -> Chart:
    """The validation metric over optimiser steps, with its 95% interval over seeds."""
    sketch = Sketch(comparison.cells)
    charts = []
    for column in comparison.columns:
        points = [point for line in curves(column).values() for point in line]
        rows = [row(point.cell, x=point.step, y=point.mean, low=point.low, high=point.high) for point in points]
        if rows:
            x = sketch.x("optimiser steps", (point.step for point in points))
            y = sketch.y(rows, f"{column.metric} (validation)", column.direction)
            charts.append(sketch.titled(column.title, sketch.band(rows, x, y), sketch.line(rows, x, y)))
    return sketch.together(charts, "no run came to an evaluation, so that there are no learning curves.")


def quality(comparison: Comparison, by: str) -> Chart:
    """What cells reached against what they cost; a dotted line is the Pareto front. Faint: a busy machine."""
    sketch = Sketch(comparison.cells)
    charts = []
    for one in tradeoffs(comparison, by):
        rows = [
            row(found.cell, x=found.cost, y=found.mean, low=found.low, high=found.high, ranked=found.ranked)
            for found in one.candidates
        ]
        x = sketch.x(by, (found.cost for found in one.candidates), log=True)
        y = sketch.y(rows, one.metric, one.direction)
        front = [{"x": found.cost, "y": found.mean} for found in one.candidates if found.front]
        front += [{"x": max(found.cost for found in one.candidates), "y": last["y"]} for last in front[-1:]]
        steps = sketch.of(front).mark_line(interpolate="step-after", strokeDash=[2, 3], color="#667", clip=True)
        bars = sketch.of(rows).mark_rule(opacity=0.5, clip=True)
        bars = bars.encode(x, sketch.low(y), sketch.alt.Y2("high:Q"), sketch.colour)
        sure = sketch.alt.Scale(domain=[True, False], range=[1, 0.3])
        points = sketch.points(rows, x, y).encode(opacity=sketch.alt.Opacity("ranked:N", scale=sure, legend=None))
        charts.append(sketch.titled(one.task, steps.encode(x, y), bars, points))
    return sketch.together(charts, f"no finished run tells its {by}.")


def gradients(comparison: Comparison) -> Chart:
    """‖∂L/∂h‖ at each time step of each recurrent layer, before training dashed."""
    sketch = Sketch(comparison.cells)
    alt = sketch.alt
    moments = alt.Scale(domain=[*MOMENTS], range=[[3, 3], [1, 0]])
    charts = []
    for column in comparison.columns:
        layers: dict[str, Rows] = {}
        for flow in flows(column):
            points = zip(flow.steps, flow.norms, strict=True)
            rows = [row(flow.cell, x=step, y=norm or None, moment=flow.moment) for step, norm in points]
            layers.setdefault(flow.layer, []).extend(rows)
        for layer, rows in layers.items():
            norms = [found["y"] for found in rows if found["y"]]
            if norms:
                x = sketch.x("time step", (found["x"] for found in rows))
                lowest = max(min(norms), DEPTH * max(norms))
                y = sketch.between(lowest, max(norms) * 1.01, title="‖∂L/∂h‖", log=True)
                dash = alt.StrokeDash("moment:N", title=None, scale=moments)
                lines = sketch.of(rows).mark_line(strokeWidth=1.5).encode(x, y, sketch.colour, dash)
                charts.append(sketch.titled(column.title if len(layers) == 1 else f"{column.title}, {layer}", lines))
    return sketch.together(charts, "no run has a diagnosis of its gradients.")


def memory(comparison: Comparison) -> Chart:
    """The share of runs that solve a task against the option that makes it longer."""
    sketch = Sketch(comparison.cells)
    alt = sketch.alt
    y = alt.Y("y:Q", title="↑ share of runs that solve it", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%"))
    charts = []
    for one in horizons(comparison):
        rows = [row(s.cell, x=s.value, y=s.solved / s.runs, low=s.low, high=s.high) for s in one.shares]
        values = {share.value for share in one.shares}
        x = sketch.x(one.option, values, log=logarithmic(values), all_=True)
        charts.append(sketch.titled(one.task, sketch.band(rows, x, y), sketch.line(rows, x, y)))
    needed = "run a task that says what is solved at several of them, as in --tasks adding:length=50,adding:length=100."
    return sketch.together(charts, f"no task was run at several values of an option; {needed}")


KINDS: Mapping[str, Callable[[Comparison], Chart]] = {
    "curves": learning,
    "parameters": lambda comparison: quality(comparison, "parameters"),
    "time": lambda comparison: quality(comparison, "seconds of training"),
    "flops": lambda comparison: quality(comparison, "FLOPs of training"),
    "gradients": gradients,
    "memory": memory,
    "ranks": ranks,
    "profile": profile,
    "tuning": tuning,
    "rates": rates,
}
"""What can be drawn, by the name that users have for it."""


def kind_of(name: str) -> Callable[[Comparison], Chart]:
    """What draws a kind of picture of a comparison, as altair has it.

    Raises:
        HarnessError: there is no such kind.
    """
    if name not in KINDS:
        raise HarnessError(f'there is no picture "{name}".{did_you_mean(name, KINDS)} There is: {", ".join(KINDS)}.')
    return KINDS[name]
