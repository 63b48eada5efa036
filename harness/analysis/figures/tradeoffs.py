"""Quality against what it costs, and who is on the Pareto front: nobody is both better and cheaper."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING

from harness.modeling.sizing import TRAINING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from harness.analysis.comparison import Column, Comparison
    from harness.runs.record import RunRecord

TIME = "seconds of training"


@dataclass(frozen=True)
class Candidate:
    """One cell in one setting of a task.

    Attributes:
        cell: which.
        setting: the title of its column in the table.
        cost: what it took; the median over seeds.
        mean: what it reached.
        low: lower end of the 95% interval.
        high: upper end.
        front: whether no other of the task is at least as good at no greater cost, and better or cheaper.
        ranked: whether its cost can be compared: not a time that others disturbed.
    """

    cell: str
    setting: str
    cost: float
    mean: float
    low: float
    high: float
    front: bool = False
    ranked: bool = True


def _flops(run: RunRecord) -> float | None:
    if not run.flops_per_step or not run.sequence_steps:
        return None
    return float(TRAINING * run.flops_per_step * run.sequence_steps)


COSTS: Mapping[str, Callable[[RunRecord], float | None]] = {
    "parameters": lambda run: run.parameters,
    TIME: lambda run: run.seconds,
    "FLOPs of training": _flops,
}


@dataclass(frozen=True)
class Tradeoff:
    """All candidates of one task."""

    task: str
    metric: str
    direction: str
    digits: int
    candidates: Sequence[Candidate]


def tradeoffs(comparison: Comparison, by: str) -> list[Tradeoff]:
    """A picture a task, in all of its sizes and settings together.

    Args:
        comparison: the table.
        by: one of `COSTS`.
    """
    tasks: dict[tuple[str, str], list[Column]] = {}
    for column in comparison.columns:
        label = next(run.spec.task.label for runs in column.runs.values() for run in runs)
        tasks.setdefault((label, column.metric), []).append(column)
    found = []
    for (task, metric), columns in tasks.items():
        candidates = [candidate for column in columns for candidate in _candidates(column, by)]
        if candidates:
            first = columns[0]
            marked = front(candidates, first.direction)
            found.append(Tradeoff(task, metric, first.direction, first.digits, marked))
    return found


def _candidates(column: Column, by: str) -> Iterable[Candidate]:
    for cell, score in column.scores.items():
        done = [run for run in column.runs[cell] if run.status == "finished"]
        quiet = [run for run in done if not run.disturbed] if by == TIME else done
        costs = [found for run in quiet or done if (found := COSTS[by](run))]
        if costs and math.isfinite(score.mean):
            cost = float(median(costs))
            yield Candidate(cell, column.title, cost, score.mean, score.low, score.high, ranked=bool(quiet))


def front(candidates: Sequence[Candidate], direction: str) -> list[Candidate]:
    """The candidates, cheapest first, with those marked that nothing dominates; among equals all are marked.

    Those whose cost cannot be compared neither are marked nor dominate.
    """
    sign = 1 if direction == "lower" else -1
    found: list[Candidate] = []
    best = math.inf
    for candidate in sorted(candidates, key=lambda one: (one.cost, sign * one.mean)):
        if not candidate.ranked:
            found.append(candidate)
            continue
        score = sign * candidate.mean
        equal = any(one.front and (one.cost, one.mean) == (candidate.cost, candidate.mean) for one in found)
        found.append(replace(candidate, front=score < best or equal))
        best = min(best, score)
    return found
