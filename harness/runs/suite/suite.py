"""A suite: what is to run, and how much worse it may get."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from pydantic import Field, PrivateAttr, ValidationError

from harness.errors import HarnessError
from harness.runs.device import resolve
from harness.runs.plan import Plan
from harness.runs.suite import tolerated, toml
from harness.runs.suite.asked import VERSION, Asked
from harness.runs.suite.files import read_text
from harness.runs.suite.speed import Speed
from harness.runs.suite.strict import complaint
from harness.runs.suite.tolerated import Tolerated

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from harness.runs.suite.tolerance import Tolerance

FILE = "suite.toml"
"""In a results folder: what was asked for last."""


class Suite(Asked):
    """What to run, as `Asked` says it, and how much worse it may get.

    Attributes:
        tolerance: by metric; in a table by task for one task alone; "default" for the first metric of every task.
        speed: what is timed, and against what; nothing where it is None.
    """

    tolerance: Tolerated = Field(default_factory=tolerated.usual)
    speed: Speed | None = None
    _file: str = PrivateAttr("the suite")
    _toml: str = PrivateAttr("")

    @classmethod
    def load(cls, path: Path) -> Suite:
        """Read a suite from a file.

        Raises:
            HarnessError: there is no such file, or it is no suite; the line is named where there is one.
        """
        text = read_text(path, "suite")
        try:
            values = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise HarnessError(f"{path} is no TOML: {error}.") from error
        if "version" not in values:
            raise HarnessError(f"{path} is no suite: it has no version; write version = {VERSION} into its first line.")
        try:
            suite = cls.model_validate(values)
        except ValidationError as error:
            raise HarnessError(complaint(error, cls, str(path), text)) from error
        suite._file, suite._toml = str(path), text  # noqa: SLF001 - its own
        return suite

    def plan(self, device: Callable[[str], str] = resolve) -> Plan:
        """Everything that it asks for, looked up.

        Args:
            device: as for `request`.

        Raises:
            HarnessError: something named does not exist, a metric included; it says where that is named.
        """
        try:
            plan = Plan.make(self.request(device))
        except HarnessError as error:
            raise HarnessError(f"{self._file}: {error}") from error
        self.check_metrics({component.label: tolerated.metric_names(task) for component, task in plan.tasks})
        if self.speed is not None:
            self.speed.check(self._place)
        return plan

    def tolerances(self, task: str, metrics: Sequence[str]) -> dict[str, Tolerance]:
        """What is compared on a task, and how much worse it may get.

        Args:
            task: its label.
            metrics: that the task has, the first one first.
        """
        return tolerated.on_task(self.tolerance, task, metrics)

    def plain(self) -> dict[str, Any]:
        """As plain values; what has its default is left out, but not the tolerance, which everybody should see."""
        values = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return {**values, "tolerance": self.model_dump(mode="json")["tolerance"]}

    def text(self) -> str:
        """As a file."""
        return "\n".join(toml.lines(self.plain())) + "\n"

    def check_metrics(self, metrics: Mapping[str, Sequence[str]]) -> None:
        """That there is what is tolerated: what a slip of the pen names would not be compared.

        Args:
            metrics: of each task, by its label.

        Raises:
            HarnessError: a task or metric is not there; it says where that is named.
        """
        tolerated.check_metrics(self.tolerance, metrics, self._place)

    def _place(self, path: Sequence[str]) -> str:
        return toml.place(self._file, self._toml, path)
