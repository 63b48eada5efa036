"""What tuning gains: the best score that can be expected of so many trials, and scores over learning rates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.analysis.figures.sketch import Chart, Rows, Sketch, row
from harness.analysis.questions.tuning import Tuning, sensitivity, tunings

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.analysis.comparison import Comparison

NONE = "no run is a trial: harness run --tune N makes them."


def tuning(comparison: Comparison) -> Chart:
    """The expected best validation score against the number of trials (Dodge et al. 2019)."""
    return _drawn(comparison, "trials", _expected, log=False)


def rates(comparison: Comparison) -> Chart:
    """The validation score of each trial against its learning rate."""
    return _drawn(comparison, "learning rate", _rates, log=True)


def by_task(comparison: Comparison) -> dict[str, list[Tuning]]:
    """The trials of each task, cells in the order of the table."""
    tasks: dict[str, list[Tuning]] = {}
    for found in tunings(comparison.trials):
        tasks.setdefault(found.task, []).append(found)
    return tasks


def _drawn(comparison: Comparison, title: str, points: Callable[[Tuning], Rows], *, log: bool) -> Chart:
    sketch = Sketch(comparison.cells)
    charts = []
    for task, found in by_task(comparison).items():
        rows = [point for one in found for point in points(one)]
        if rows:
            x = sketch.x(title, (point["x"] for point in rows), log=log)
            y = sketch.y(rows, f"{found[0].metric} (validation)", found[0].direction)
            charts.append(sketch.titled(task, sketch.line(rows, x, y)))
    return sketch.together(charts, NONE)


def _expected(one: Tuning) -> Rows:
    return [row(one.cell, x=count, y=best, low=None, high=None) for count, best in enumerate(one.expected, start=1)]


def _rates(one: Tuning) -> Rows:
    return [
        row(one.cell, x=rate, y=score, low=None, high=None) for rate, score in sensitivity(one) if score is not None
    ]
