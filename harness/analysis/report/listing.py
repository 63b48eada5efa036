"""Every run, every failure, every machine."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from harness.analysis.comparison.contests import contests_of_trials
from harness.analysis.comparison.times import seconds
from harness.analysis.report.commands import command
from harness.analysis.tables.numbers import value
from harness.registry.options import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.analysis.comparison import Comparison
    from harness.runs.record import RunRecord


@dataclass(frozen=True)
class Run:
    """One run, as the list of all of them shows it."""

    key: str
    cell: str
    task: str
    seed: str
    score: float | None
    text: str
    parameters: int | None
    time: str
    disturbed: bool
    status: str
    settings: str
    command: str


@dataclass(frozen=True)
class Failure:
    """Runs of one cell on one task that ended in the same way."""

    cell: str
    task: str
    seeds: str
    status: str
    reason: str
    details: str


@dataclass(frozen=True)
class Machine:
    """Where some of the runs were made."""

    runs: int
    facts: Mapping[str, object]


def runs(comparison: Comparison) -> list[Run]:
    """All runs, in the order of the table; trials, which chose their settings, come after them."""
    found = [
        _run(record, cell, column.title)
        for column in comparison.columns
        for cell, records in column.runs.items()
        for record in sorted(records, key=lambda record: record.seed)
    ]
    tried = [(title, record) for title, group in contests_of_trials(comparison.trials) for record in group]
    tried.sort(key=lambda pair: (pair[0], pair[1].spec.row, pair[1].spec.trial))
    return found + [_run(record, record.spec.row, title) for title, record in tried]


def _run(record: RunRecord, cell: str, task: str) -> Run:
    metric = record.metrics[0] if record.metrics else {}
    scores = record.validation if record.spec.trial else record.scores  # a trial sees no test set
    score = scores.get(metric.get("name", ""))
    return Run(
        key=record.spec.key,
        cell=cell,
        task=task,
        seed=f"trial {record.spec.trial}" if record.spec.trial else str(record.seed),
        score=score,
        text="" if score is None else f"{value(score, metric['digits'])} {metric['name']}",
        parameters=record.parameters,
        time=seconds(record),
        disturbed=record.disturbed,
        status=record.status,
        settings=", ".join(f"{name}={text_of(setting)}" for name, setting in _settings(record).items()),
        command=command([record.spec]),
    )


def _settings(record: RunRecord) -> dict[str, object]:
    """The whole recipe, and what else shapes a run."""
    facts = {"hidden": record.hidden_size, "engine": record.engine, "device": record.spec.device}
    origin = f"{record.spec.cell.distribution} {record.spec.cell.version}"
    recipe = {
        name: entry for name, entry in asdict(record.spec.recipe).items() if name not in {"parameters", "hidden_size"}
    }
    return {**facts, **recipe, "cell from": origin, "code": record.spec.cell.source[:12], "data": record.spec.data[:12]}


def failures(comparison: Comparison) -> list[Failure]:
    """What did not finish, the same reasons of one cell and task together."""
    found = []
    for column in comparison.columns:
        for cell, records in column.runs.items():
            ended: dict[tuple[str, str], list[RunRecord]] = {}
            for record in records:
                if record.status != "finished":
                    ended.setdefault((record.status, record.reason), []).append(record)
            for (status, reason), some in ended.items():
                seeds = ranges([record.seed for record in some])
                details = some[0].details if status != "not supported" else ""
                found.append(Failure(cell, column.title, seeds, status, reason, details))
    return found


def machines(comparison: Comparison) -> list[Machine]:
    """The different environments, the one of most runs first."""
    records = [run for column in comparison.columns for some in column.runs.values() for run in some]
    records += comparison.trials
    texts = Counter(json.dumps(record.environment, sort_keys=True) for record in records if record.environment)
    return [Machine(count, json.loads(text)) for text, count in texts.most_common()]


def ranges(numbers: Sequence[int]) -> str:
    """`0 to 2, 5`."""
    parts = []
    for _, group in groupby(enumerate(sorted(numbers)), key=lambda pair: pair[1] - pair[0]):
        run = [number for _, number in group]
        parts.append(str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}")
    return ", ".join(parts)
