"""The charts of the report, from the numbers of figures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from harness.analysis.figures.curves import curves
from harness.analysis.figures.gradients import DEPTH, MOMENTS, flows
from harness.analysis.figures.look import bounds, logarithmic
from harness.analysis.figures.memory import horizons
from harness.analysis.figures.scale import short
from harness.analysis.figures.tradeoffs import tradeoffs
from harness.analysis.report.chart import Chart, Line, Stop, across, area, path, upwards
from harness.analysis.tables.numbers import ARROWS, value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.analysis.comparison import Column, Comparison
    from harness.analysis.figures.curves import Point
    from harness.analysis.figures.gradients import Flow
    from harness.analysis.figures.memory import Horizon
    from harness.analysis.figures.tradeoffs import Tradeoff

SPREAD = 1.1
"""How much more the dearest must cost than the cheapest for a chart against it to say something."""


def learning(column: Column, numbers: Mapping[str, int]) -> Chart | None:
    """The validation metric over training, a band the 95% interval; None where no run came to an evaluation."""
    drawn = curves(column)
    points = [point for line in drawn.values() for point in line]
    means = [point.mean for point in points if math.isfinite(point.mean)]
    if not means:
        return None
    log = logarithmic(means)
    ends = _ratios(means, column) if log else bounds(means, (p.low for p in points), (p.high for p in points))
    x, y = across(0, max(point.step for point in points)), upwards(*ends, log=log)
    chart = Chart(column.title, x, y, "optimiser steps", f"{ARROWS[column.direction]} {column.metric} (validation)")
    for cell, line in drawn.items():
        places = [(x(point.step), y(point.mean)) for point in line]
        sure = [point for point in line if math.isfinite(point.low)]
        band = area([(x(p.step), y(p.high)) for p in sure], [(x(p.step), y(p.low)) for p in sure])
        if band:
            chart.bands.append((numbers[cell], band))
        chart.lines.append(Line(numbers[cell], path(places), places))
    for step in sorted({point.step for point in points}):
        here = [point for point in points if point.step == step]
        here.sort(key=lambda point: point.mean if column.direction == "lower" else -point.mean)
        rows = [(numbers[point.cell], _with_interval(point, column.digits)) for point in here]
        chart.stops.append(Stop((x(step), None), f"step {step:,}", rows))
    return chart


def _ratios(means: Sequence[float], column: Column) -> tuple[float, float]:
    """The ends of a logarithmic axis: who is worse than the weakest baseline lies on its edge, or all others would."""
    low, high = min(means), max(means)
    weakest = next(iter(column.baselines.values()), math.nan)
    if column.direction == "lower":
        return low, weakest if low < weakest < high else high
    return weakest if low < weakest < high else low, high


def _with_interval(point: Point, digits: int) -> str:
    spread = (point.high - point.low) / 2
    return value(point.mean, digits) + ("" if math.isnan(spread) else " ±" + value(spread, digits))


def quality(comparison: Comparison, by: str, numbers: Mapping[str, int]) -> list[Chart]:
    """A chart a task: what cells reached against what they cost, where they cost differently."""
    return [
        _against(tradeoff, by, numbers)
        for tradeoff in tradeoffs(comparison, by)
        if max(c.cost for c in tradeoff.candidates) > SPREAD * min(c.cost for c in tradeoff.candidates)
    ]


def _against(tradeoff: Tradeoff, by: str, numbers: Mapping[str, int]) -> Chart:
    found = tradeoff.candidates
    costs, means = [one.cost for one in found], [one.mean for one in found]
    log = logarithmic(means)
    ends = (min(means), max(means)) if log else bounds(means, (c.low for c in found), (c.high for c in found))
    wide = max(costs) / min(costs)
    x = across(min(costs) / wide**0.05, max(costs) * wide**0.05, log=True)
    y = upwards(*ends, log=log)
    chart = Chart(tradeoff.task, x, y, by, f"{ARROWS[tradeoff.direction]} {tradeoff.metric}")
    corners: list[tuple[float, float]] = []
    for one in found:
        place, number = (x(one.cost), y(one.mean)), numbers[one.cell]
        if math.isfinite(one.low):
            chart.bars.append((number, place[0], y(one.low), y(one.high)))
        chart.lines.append(Line(number, "", [place], faint=not one.ranked))
        if one.front:
            corners += [(place[0], corners[-1][1]), place] if corners else [place]
        spread = "" if math.isnan(one.low) else f" ±{value((one.high - one.low) / 2, tradeoff.digits)}"
        reached = f"{value(one.mean, tradeoff.digits)}{spread} at {short(one.cost)}"
        told = ", on the front" if one.front else "" if one.ranked else ", but the machine was busy"
        chart.stops.append(Stop(place, one.setting, [(number, reached + told)]))
    chart.steps = path([*corners, (x.end, corners[-1][1])]) if corners else ""
    return chart


def memory(comparison: Comparison, numbers: Mapping[str, int]) -> list[Chart]:
    """A chart a task: the share of runs that solve it against the option that makes it longer."""
    return [_horizon(one, numbers) for one in horizons(comparison)]


def _horizon(one: Horizon, numbers: Mapping[str, int]) -> Chart:
    values = sorted({share.value for share in one.shares})
    x, y = across(values[0], values[-1], log=logarithmic(values)), upwards(0, 1)
    chart = Chart(one.task, x, y, one.option, "↑ share of runs that solve it")
    for cell in dict.fromkeys(share.cell for share in one.shares):
        line = sorted((share for share in one.shares if share.cell == cell), key=lambda share: share.value)
        places = [(x(share.value), y(share.solved / share.runs)) for share in line]
        band = area([(x(s.value), y(s.high)) for s in line], [(x(s.value), y(s.low)) for s in line])
        chart.bands.append((numbers[cell], band))
        chart.lines.append(Line(numbers[cell], path(places), places))
    for value_ in values:
        here = sorted((s for s in one.shares if s.value == value_), key=lambda share: -share.solved / share.runs)
        rows = [(numbers[s.cell], f"{s.solved} of {s.runs} ({s.low:.0%} to {s.high:.0%})") for s in here]
        chart.stops.append(Stop((x(value_), None), f"{one.option} {value_:g}", rows))
    return chart


def gradients(column: Column, numbers: Mapping[str, int]) -> list[Chart]:
    """A chart a recurrent layer: the norm of the error's gradient at each time step, before training dashed."""
    layers: dict[str, list[Flow]] = {}
    for flow in flows(column):
        layers.setdefault(flow.layer, []).append(flow)
    drawn = [_flow(column.title if len(layers) == 1 else f"{column.title}, {layer}", some, numbers)
             for layer, some in layers.items()]  # fmt: skip
    return [chart for chart in drawn if chart]


def _flow(title: str, drawn: Sequence[Flow], numbers: Mapping[str, int]) -> Chart | None:
    norms = [norm for flow in drawn for norm in flow.norms if norm > 0]
    if not norms:
        return None
    lowest = max(min(norms), DEPTH * max(norms))
    x = across(1, max(flow.steps[-1] for flow in drawn))
    y = upwards(lowest, max(norms), log=True)
    chart = Chart(title, x, y, "time step", "‖∂L/∂h‖")
    for flow in sorted(drawn, key=lambda flow: flow.moment != MOMENTS[0]):
        places = [(x(step), y(norm) if norm else math.nan) for step, norm in zip(flow.steps, flow.norms, strict=True)]
        ends = [place for place in (places[0], places[-1]) if not math.isnan(place[1])]
        chart.lines.append(Line(numbers[flow.cell], path(places), ends, dashed=flow.moment == MOMENTS[0]))
    chart.stops = _flow_stops(drawn, numbers, chart)
    return chart


def _flow_stops(drawn: Sequence[Flow], numbers: Mapping[str, int], chart: Chart) -> list[Stop]:
    """At each time step, of each cell what arrives there before and after training."""
    seen: dict[float, dict[str, dict[str, float]]] = {}
    for flow in drawn:
        for step, norm in zip(flow.steps, flow.norms, strict=True):
            seen.setdefault(step, {}).setdefault(flow.cell, {})[flow.moment] = norm
    return [
        Stop(
            (chart.x(step), None),
            f"time step {step:g}, before → after training",
            [
                (numbers[cell], " → ".join(f"{m[name]:.0e}" for name in MOMENTS if name in m))
                for cell, m in cells.items()
            ],
        )
        for step, cells in sorted(seen.items())
    ]
