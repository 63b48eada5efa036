"""What is compared of one cell on one task: its scores, seed by seed, and what must agree for them to be compared."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import asdict
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from harness.registry.options import text_of
from harness.runs.certified import certified
from harness.runs.suite import SOLVED, Strict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.runs.record import RunRecord

ALIKE = 1e-6
"""How far apart checksums of the same data are at most, as a share: data that are computed differ in their last digits
between processors."""


class Metric(Strict):
    """A metric, and its score at each seed whose run finished."""

    direction: Literal["lower", "higher"]
    digits: int
    scores: dict[int, float]


class Figures(Strict):
    """One cell on one task.

    Attributes:
        cell: its name with options, and with the settings of its own where it has some.
        task: likewise.
        code: the distribution, version and sha256 of the cell's module: what may differ.
        checked: the cell's certificate, in a few words; empty where it has none.
        engine: what ran the cell.
        parameters: all trainable ones.
        setting: what must agree, as text, by name.
        data: checksums of what was read: of the validation and test set, and of the training data by seed.
        metrics: by name, the first one first.
        failures: how the runs that did not finish ended, by seed.
    """

    cell: str
    task: str
    code: str
    checked: str = ""
    engine: str
    parameters: int | None
    setting: dict[str, str]
    data: dict[str, float]
    metrics: dict[str, Metric]
    failures: dict[int, str] = Field(default_factory=dict)

    @property
    def seeds(self) -> set[int]:
        """Of all runs, finished or not."""
        scored = {seed for metric in self.metrics.values() for seed in metric.scores}
        return scored | self.failures.keys()

    def deviations(self, other: Figures) -> Iterator[str]:
        """What must agree and does not, in words; `other` is newer."""
        for name in dict.fromkeys([*self.setting, *other.setting]):
            before, now = self.setting.get(name, "unknown"), other.setting.get(name, "unknown")
            if before != now:
                yield f"{name} was {before} and is {now}"
        for name in self.data.keys() & other.data.keys():
            if not math.isclose(self.data[name], other.data[name], rel_tol=ALIKE):
                yield f"the {name.partition(' ')[0]} data differ"
                return


def figures(records: Iterable[RunRecord]) -> list[Figures]:
    """Of each cell on each task in each setting, those of the newest code; in the order of their names."""
    groups: dict[tuple[str, str], list[RunRecord]] = defaultdict(list)
    for record in sorted(records, key=lambda record: record.finished):
        if not record.spec.trial:
            groups[record.spec.row, record.spec.contest].append(record)
    newest = [[run for run in group if run.spec.cell == group[-1].spec.cell] for group in groups.values()]
    return sorted(map(_figures, newest), key=lambda entry: (entry.task, entry.cell))


def _figures(runs: list[RunRecord]) -> Figures:
    runs = sorted(runs, key=lambda run: run.seed)
    spec = runs[0].spec
    sized = next((run for run in runs if run.parameters), runs[0])
    failures = {run.seed: failure for run in runs if (failure := _failure(run))}
    done = [run for run in runs if run.seed not in failures]
    return Figures(
        cell=spec.row,
        task=spec.task.label,
        code=f"{spec.cell.distribution} {spec.cell.version} {spec.cell.source[:12]}",
        checked=min(certified(run) for run in runs),
        engine=sized.engine,
        parameters=sized.parameters,
        setting=_setting(runs[0]),
        data=_data(done),
        metrics=_metrics(done),
        failures=failures,
    )


def _failure(run: RunRecord) -> str:
    if run.status != "finished":
        return f"{run.status}: {run.reason}" if run.reason else run.status
    broken = [name for name, score in run.scores.items() if not math.isfinite(score)]
    return f"{broken[0]} is {run.scores[broken[0]]}" if broken else ""


def _setting(run: RunRecord) -> dict[str, str]:
    spec = run.spec
    recipe = {name.replace("_", " "): text_of(value) for name, value in asdict(spec.recipe).items()}
    return {"budget": spec.budget, "size": str(spec.size), "device": spec.device.partition(":")[0], **recipe}


def _data(done: Iterable[RunRecord]) -> dict[str, float]:
    found: dict[str, float] = {}
    for run in done:
        for name, checksum in run.data_seen.items():
            found[f"{name} {run.seed}" if name == "train" else name] = checksum
    return found


def _metrics(done: list[RunRecord]) -> dict[str, Metric]:
    named = {metric["name"]: metric for run in done for metric in run.metrics}
    found = {
        name: Metric(
            direction=metric["direction"],
            digits=metric["digits"],
            scores={run.seed: run.scores[name] for run in done},
        )
        for name, metric in named.items()
    }
    if done and done[0].solved is not None:  # in percent of the seeds
        scores = {run.seed: 100.0 * bool(run.solved) for run in done}
        found[SOLVED] = Metric(direction="higher", digits=0, scores=scores)
    return found
