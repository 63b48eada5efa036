"""The baseline: a small text file of figures, which is committed, reviewed and compared with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import Field, ValidationError

from harness.analysis.gate.figures import Figures, figures
from harness.analysis.gate.speed import Speeds
from harness.errors import HarnessError
from harness.runs.seeds import Auto
from harness.runs.suite import DEFAULT, Strict, Suite, complaint, read_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from harness.runs.record import RunRecord

VERSION: Final = 1
SHOWN = ("harness", "torch", "numpy", "python", "system", "processor", "git")
"""What of the environment is kept."""


class Baseline(Strict):
    """Figures, with the suite that they are of.

    Attributes:
        version: of the file's format.
        made: when the last of its runs ended.
        environment: versions, machine and commit.
        suite: what was run.
        figures: a cell on a task each.
        speeds: what was timed; None where nothing was.
    """

    version: Literal[1]
    made: str
    environment: dict[str, str]
    suite: Suite
    figures: Annotated[tuple[Figures, ...], Field(min_length=1)]
    speeds: Speeds | None = None

    @classmethod
    def load(cls, path: Path) -> Baseline:
        """Read a baseline from a file.

        Raises:
            HarnessError: there is no such file, or it is no baseline of this version.
        """
        return cls.parse(read_text(path, "baseline"), str(path))

    @classmethod
    def parse(cls, text: str, where: str) -> Baseline:
        """Read a baseline from its text.

        Raises:
            HarnessError: it is none of this version.
        """
        try:
            values = json.loads(text)
        except json.JSONDecodeError as error:
            raise HarnessError(f"{where} is no baseline: line {error.lineno} is no JSON.") from error
        if not isinstance(values, dict) or "figures" not in values:
            raise HarnessError(f"{where} is no baseline: `harness baseline RESULTS -o FILE` writes one.")
        if values.get("version") != VERSION:
            raise HarnessError(
                f"{where} is a baseline of version {values.get('version')}, and this harness reads version {VERSION}: "
                "write it anew with `harness baseline`."
            )
        try:
            baseline = cls.model_validate(_joined(values))
        except ValidationError as error:
            raise HarnessError(complaint(error, cls, where)) from error
        except (AttributeError, TypeError) as error:
            raise HarnessError(f"{where} is no baseline: its tasks and figures are not in their places.") from error
        baseline._check_metrics(where)  # noqa: SLF001 - its own
        return baseline

    @classmethod
    def of(cls, records: Iterable[RunRecord], suite: Suite, speeds: Speeds | None, where: str) -> Baseline:
        """The figures of a suite, taken from all that is in a results folder.

        Raises:
            HarnessError: something that the suite asks for is not there.
        """
        records = list(records)
        if isinstance(suite.seeds, Auto):
            raise HarnessError(f"{where} was run with as many seeds as it takes: a baseline needs a number of seeds.")
        plan = suite.plan()
        labels = list(dict.fromkeys((spec.row, spec.task.label) for spec in plan.specs()))
        seeds = set(range(suite.first_seed, suite.first_seed + suite.seeds))
        runs = [r for r in records if (r.spec.row, r.spec.task.label) in labels and r.seed in seeds]
        found = {(entry.cell, entry.task): entry for entry in _newest(runs)}
        for cell, task in labels:
            missing = seeds - (found[cell, task].seeds if (cell, task) in found else set())
            if missing:
                raise HarnessError(
                    f"{where} lacks {cell} on {task}, seed {min(missing)}: `harness run --suite` with its suite "
                    "does what is missing."
                )
        last = max(runs, key=lambda run: run.finished)
        environment = {name: str(last.environment[name]) for name in SHOWN if name in last.environment}
        compared = [_compared(found[label], suite) for label in sorted(labels, key=lambda label: label[::-1])]
        return cls(
            version=VERSION,
            made=last.finished[:19],
            environment=environment,
            suite=suite,
            figures=tuple(compared),
            speeds=speeds,
        )

    def _check_metrics(self, where: str) -> None:
        metrics: dict[str, list[str]] = {}
        for entry in self.figures:
            metrics.setdefault(entry.task, []).extend(entry.metrics)
        if all(metrics.values()):  # where every run of a task failed, nobody knows
            try:
                self.suite.check_metrics(metrics)
            except HarnessError as error:
                raise HarnessError(f"{where}: {error}") from error

    def text(self) -> str:
        """As a file, in which every score has a line of its own, so that changes can be read."""
        values = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        tasks: dict[str, Any] = {}
        for entry in values["figures"]:  # what all cells of a task share stands there once
            shared = tasks.setdefault(entry["task"], {"setting": entry.pop("setting"), "data": {}})
            entry.pop("setting", None)
            shared["data"] |= entry.pop("data")
        return json.dumps({**values, "suite": self.suite.plain(), "tasks": tasks}, indent=1, ensure_ascii=False) + "\n"


def _joined(values: dict[str, Any]) -> dict[str, Any]:
    """What `Baseline.text` took apart."""
    tasks = values.get("tasks", {})
    figures = [{**entry, **tasks.get(entry.get("task"), {})} for entry in values["figures"]]
    return {**{name: value for name, value in values.items() if name != "tasks"}, "figures": figures}


def _compared(entry: Figures, suite: Suite) -> Figures:
    """The figures with those metrics only that a suite compares."""
    wanted = suite.tolerances(entry.task, list(entry.metrics) or [DEFAULT])
    return entry.model_copy(update={"metrics": {name: m for name, m in entry.metrics.items() if name in wanted}})


def is_baseline(path: Path) -> bool:
    """Whether a file looks like a baseline, of any version."""
    try:
        values = json.loads(read_text(path, "file"))
    except (HarnessError, json.JSONDecodeError):
        return False
    return isinstance(values, dict) and {"version", "suite", "figures"} <= values.keys()


def _newest(runs: list[RunRecord]) -> list[Figures]:
    """Where a cell was run on a task in several settings, those of the last one come last."""
    last: dict[str, str] = {}
    for run in sorted(runs, key=lambda run: run.finished):
        last[run.spec.task.label] = run.spec.contest
    return figures(run for run in runs if run.spec.contest == last[run.spec.task.label])
