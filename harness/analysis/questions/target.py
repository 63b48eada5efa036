"""A target: what it takes a cell to be as good as that."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.analysis.comparison.contests import by_cell, contests
from harness.analysis.questions.budget import Spent, spent
from harness.analysis.questions.selection import matching
from harness.analysis.statistics.survival import median_time
from harness.errors import HarnessError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.runs.record import RunRecord

SPENT: tuple[Spent, ...] = ("steps", "seconds", "tokens", "flops")


@dataclass(frozen=True)
class Reached:
    """What it took the runs of a cell on a task to reach a target; medians of Kaplan and Meier, infinite where unknown.

    Attributes:
        task: with what tells its column from others.
        cell: the row.
        metric: of validation.
        target: that it had to reach.
        reached: how many runs did.
        runs: how many there are; those that did not count as never having reached it up to their end.
        steps: optimiser steps.
        seconds: of training.
        tokens: time steps of sequences trained on.
        flops: of training.
        disturbed: whether seconds were measured while others kept the machine busy.
    """

    task: str
    cell: str
    metric: str
    target: float
    reached: int
    runs: int
    steps: float
    seconds: float
    tokens: float | None
    flops: float | None
    disturbed: bool


def parse(texts: Sequence[str]) -> dict[str, float]:
    """Read `accuracy=90` or `adding=0.01`, any number of them: a metric or a task, and a value.

    Raises:
        HarnessError: one is not that.
    """
    found = {}
    for text in texts:
        name, _, number = (part.strip() for part in text.rpartition("="))
        try:
            goal = float(number)
        except ValueError:
            goal = math.nan
        if not name or not math.isfinite(goal):
            raise HarnessError(
                f'"--target {text}" cannot be read: write METRIC=VALUE or TASK=VALUE, as in accuracy=90 or adding=0.01.'
            )
        found[name] = goal
    return found


def reach(runs: Sequence[RunRecord], targets: Mapping[str, float]) -> list[Reached]:
    """What it took to reach some targets, of each cell on each task that has one; a task's own comes before a metric's.

    Raises:
        HarnessError: a target is of no metric and no task.
    """
    metrics = {metric["name"] for run in runs for metric in run.metrics}
    tasks = list(dict.fromkeys(run.spec.task.label for run in runs))
    own: dict[str, float] = {}
    for name in targets.keys() - metrics:
        try:
            own |= dict.fromkeys(matching("task", name, tasks), targets[name])
        except HarnessError as error:
            known = [*sorted(metrics), *tasks]
            hint = did_you_mean(name, known)
            raise HarnessError(
                f'--target {name}: no metric and no task is "{name}".{hint} There is: {", ".join(known)}.'
            ) from error
    found = []
    for title, group in contests(runs)[0]:
        described = {metric["name"]: metric for run in group for metric in run.metrics}
        named = [name for name in described if name in targets]
        task = group[0].spec.task.label
        if described and (task in own or named):
            metric = described[next(iter(described)) if task in own else named[0]]
            goal = own.get(task, targets.get(metric["name"], math.nan))
            found += [_reached(title, cell, rows, metric, goal) for cell, rows in by_cell(group).items()]
    return found


def _reached(title: str, cell: str, runs: Sequence[RunRecord], metric: Mapping[str, Any], goal: float) -> Reached:
    sign = 1 if metric["direction"] == "lower" else -1
    firsts = [
        next((p for p in run.curve if sign * p["scores"].get(metric["name"], math.nan) <= sign * goal), None)
        for run in runs
    ]
    medians = {by: _median(runs, firsts, by) for by in SPENT}
    return Reached(
        task=title,
        cell=cell,
        metric=metric["name"],
        target=goal,
        reached=sum(first is not None for first in firsts),
        runs=len(runs),
        steps=math.inf if medians["steps"] is None else medians["steps"],
        seconds=math.inf if medians["seconds"] is None else medians["seconds"],
        tokens=medians["tokens"],
        flops=medians["flops"],
        disturbed=any(run.disturbed for run, first in zip(runs, firsts, strict=True) if first is not None),
    )


def _median(runs: Sequence[RunRecord], firsts: Sequence[Mapping[str, Any] | None], by: Spent) -> float | None:
    """None where a record does not tell."""
    reached = [spent(run, by, first) for run, first in zip(runs, firsts, strict=True) if first is not None]
    ends = [_end(run, by) for run, first in zip(runs, firsts, strict=True) if first is None]
    known = [amount for amount in reached if amount is not None]
    if len(known) < len(reached):
        return None
    if 2 * len(known) < len(runs):
        return math.inf
    latest = max([*known, *(end for end in ends if end is not None), 1.0])
    return median_time(known, [latest + 1 if end is None else end for end in ends])


def _end(run: RunRecord, by: Spent) -> float | None:
    """What a run had spent when it ended without reaching it; None for one that failed, which never would."""
    if run.status != "finished" or not run.curve:
        return None
    return spent(run, by, run.curve[-1])
