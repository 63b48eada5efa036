"""The charts of tuning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.analysis.figures.look import bounds, logarithmic
from harness.analysis.figures.scale import short
from harness.analysis.figures.tuning import by_task
from harness.analysis.questions.tuning import Tuning, sensitivity
from harness.analysis.report.chart import Chart, Line, Stop, across, path, upwards
from harness.analysis.tables.numbers import ARROWS, value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from harness.analysis.comparison import Comparison

Places = list[tuple[float, float]]


def expected(comparison: Comparison, numbers: Mapping[str, int]) -> list[Chart]:
    """A chart a task: the expected best validation score against the number of trials."""
    return [
        _chart(task, found, numbers, "trials", lambda one: [*enumerate(one.expected, start=1)], log=False)
        for task, found in by_task(comparison).items()
        if any(one.best for one in found)
    ]


def rates(comparison: Comparison, numbers: Mapping[str, int]) -> list[Chart]:
    """A chart a task: the score of each trial against its learning rate."""
    return [
        _chart(task, found, numbers, "learning rate", _rates, log=True)
        for task, found in by_task(comparison).items()
        if any(map(_rates, found))
    ]


def _rates(one: Tuning) -> Places:
    return [(rate, score) for rate, score in sensitivity(one) if score is not None]


def _chart(
    task: str,
    found: Sequence[Tuning],
    numbers: Mapping[str, int],
    title: str,
    points: Callable[[Tuning], Places],
    *,
    log: bool,
) -> Chart:
    lines = {one.cell: points(one) for one in found if one.cell in numbers}
    scores = [score for line in lines.values() for _, score in line]
    steps = sorted({step for line in lines.values() for step, _ in line})
    tall = logarithmic(scores)
    x = across(steps[0], steps[-1], log=log)
    y = upwards(*((min(scores), max(scores)) if tall else bounds(scores, [], [])), log=tall)
    first = found[0]
    chart = Chart(task, x, y, title, f"{ARROWS[first.direction]} {first.metric} (validation)")
    for cell, line in lines.items():
        places = [(x(step), y(score)) for step, score in line]
        chart.lines.append(Line(numbers[cell], path(places), places))
    for step in steps:
        here = [(numbers[cell], score) for cell, line in lines.items() for at, score in line if at == step]
        here.sort(key=lambda pair: pair[1] if first.direction == "lower" else -pair[1])
        chart.stops.append(
            Stop(
                (x(step), None), f"{title} {short(step)}", [(cell, value(score, first.digits)) for cell, score in here]
            )
        )
    return chart
