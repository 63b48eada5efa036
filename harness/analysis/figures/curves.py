"""Learning curves: the validation metric over training, with its interval over seeds."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from harness.analysis.statistics.intervals import mean_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.comparison import Column
    from harness.runs.record import RunRecord


@dataclass(frozen=True)
class Point:
    """One cell at one moment of its training.

    Attributes:
        cell: which.
        step: optimiser steps so far.
        seconds: of training so far, the mean over seeds.
        mean: of the metric on the validation set, over the seeds that came so far.
        low: lower end of its 95% interval; NaN for fewer than two seeds.
        high: upper end.
        seeds: how many came so far.
    """

    cell: str
    step: int
    seconds: float
    mean: float
    low: float
    high: float
    seeds: int


def curves(column: Column) -> dict[str, list[Point]]:
    """The learning curve of each cell on a task; cells that never reached an evaluation are left out."""
    found = {cell: _curve(cell, runs, column.metric) for cell, runs in column.runs.items()}
    return {cell: points for cell, points in found.items() if points}


def _curve(cell: str, runs: Sequence[RunRecord], metric: str) -> list[Point]:
    steps: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for run in runs:
        for point in run.curve:
            if metric in point["scores"]:
                steps[point["step"]].append((point["seconds"], point["scores"][metric]))
    return [
        Point(
            cell, step, fmean(seconds for seconds, _ in seen), *mean_interval([score for _, score in seen]), len(seen)
        )
        for step, seen in sorted(steps.items())
    ]
