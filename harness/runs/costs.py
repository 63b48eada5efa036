"""How long runs take, from those that were run.

The time of a run is taken as a product of what its task costs and what its cell costs: the logarithms of both are
fitted to the mean times of the tasks and cells that were seen together, by turns. What was seen itself is taken as it
was; a task that was seen in another budget only, by its time per step.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from harness.runs.record import Record
    from harness.runs.spec import RunSpec

ROUNDS = 30
"""Of the fit by turns, which has settled by then."""


@dataclass
class Mean:
    """Of the runs of one task and cell."""

    total: float = 0.0
    count: int = 0

    @property
    def value(self) -> float:
        """In seconds."""
        return self.total / self.count


class Costs:
    """What runs cost, in seconds; where nothing like them was run, in steps of training."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], Mean] = {}
        self._specs: dict[tuple[str, str], RunSpec] = {}
        self._fit: _Fit | None = None
        self.version = 0
        """Rises when a kind of run is seen for the first time."""

    def learn(self, spec: RunSpec, seconds: float | None, count: int = 1) -> None:
        """Take in the mean time of some runs."""
        if not seconds:
            return
        key = (spec.contest, spec.row)
        if key not in self._seen:
            self._seen[key], self._specs[key] = Mean(), spec
            self._fit = None
            self.version += 1
        self._seen[key].total += seconds * count
        self._seen[key].count += count

    def learn_from(self, record: Record) -> None:
        """Take in the time of a run."""
        from harness.runs.record import RunRecord  # noqa: PLC0415

        if isinstance(record, RunRecord) and record.status == "finished":
            self.learn(record.spec, record.elapsed or record.seconds)

    def of(self, spec: RunSpec) -> float:
        """What a run will cost."""
        seen = self._seen.get((spec.contest, spec.row))
        if seen:
            return seen.value
        if self._fit is None:
            self._fit = _Fit((self._specs[key], mean.value) for key, mean in self._seen.items())
        return self._fit.of(spec)


class _Fit:
    """Times as products of what tasks and cells cost."""

    def __init__(self, means: Iterable[tuple[RunSpec, float]]) -> None:
        times = {(spec.contest, spec.row): (spec, math.log(value)) for spec, value in means}
        contests: dict[str, float] = {}
        self._cells: dict[str, float] = {}
        for _ in range(ROUNDS):
            contests = _means((c, log - self._cells.get(row, 0.0)) for (c, row), (_, log) in times.items())
            self._cells = _means((row, log - contests[c]) for (c, row), (_, log) in times.items())
        self._contests = contests
        steps = {c: (spec.task.label, math.log(spec.recipe.steps)) for (c, _), (spec, _) in times.items()}
        self._tasks = _means((steps[c][0], cost - steps[c][1]) for c, cost in contests.items())
        self._step = fmean(self._tasks.values()) if self._tasks else 0.0

    def of(self, spec: RunSpec) -> float:
        cell = self._cells.get(spec.row, 0.0)
        if spec.contest in self._contests:
            return math.exp(self._contests[spec.contest] + cell)
        return spec.recipe.steps * math.exp(self._tasks.get(spec.task.label, self._step) + cell)


def _means(pairs: Iterable[tuple[str, float]]) -> dict[str, float]:
    found: Mapping[Hashable, list[float]] = defaultdict(list)
    for name, value in pairs:
        found[name].append(value)
    return {str(name): fmean(values) for name, values in found.items()}
