"""What a suite says, and the request that it stands for."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, PrivateAttr, ValidationError, model_validator

from harness.errors import HarnessError
from harness.modeling.sizing import Size
from harness.runs import seeds
from harness.runs.device import resolve
from harness.runs.plan import Plan, Request
from harness.runs.seeds import Auto
from harness.runs.suite import tolerated, toml
from harness.runs.suite.files import read_text
from harness.runs.suite.speed import Speed
from harness.runs.suite.strict import Strict, complaint
from harness.runs.suite.tolerated import Tolerated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from harness.runs.suite.tolerance import Tolerance

FILE = "suite.toml"
"""In a results folder: what was asked for last."""
VERSION: Final = 1

Seeds = Annotated[int | Auto, BeforeValidator(seeds.parse), PlainSerializer(seeds.plain)]
Plain = bool | int | float | str
Names = Annotated[tuple[str, ...], Field(min_length=1)]


class Suite(Strict):
    """What to run, and how much worse it may get.

    Attributes:
        version: of the file's format.
        cells: names with options, or "all".
        tasks: likewise.
        seeds: how many; or "auto:max=20", as many as it takes.
        first_seed: the seeds are this, and those that follow.
        budget: which of the tasks' recipes.
        match: "params=N", "state=N" or "flops=N": what is held equal between cells; see `Size`.
        hidden: the hidden size of all cells, instead.
        recipe: a named recipe on top of the tasks' own.
        settings: changes to the tasks' recipes, in the table `set`; in a table by cell for one cell alone.
        grid: settings with the values that each cell is trained with in turn.
        tune: trials of each cell on each task, of which the best is run.
        device: auto, cpu, cuda or cuda:N.
        engine: what runs a cell over time.
        plugins: files and modules to load plugins from.
        tolerance: by metric; in a table by task for one task alone; "default" for the first metric of every task.
        speed: what is timed, and against what; nothing where it is None.
    """

    version: Literal[1]
    cells: Names
    tasks: Names
    seeds: Seeds = 3
    first_seed: Annotated[int, Field(ge=0)] = 0
    budget: Literal["smoke", "quick", "full"] = "quick"
    match: str | None = None
    hidden: Annotated[int, Field(ge=1)] | None = None
    recipe: str | None = None
    settings: Annotated[dict[str, Plain | dict[str, Plain]], Field(alias="set")] = Field(default_factory=dict)
    grid: dict[str, Annotated[tuple[Plain, ...], Field(min_length=1)]] = Field(default_factory=dict)
    tune: Annotated[int, Field(ge=0)] = 0
    device: str = "auto"
    engine: Literal["auto", "native", "torch", "loop"] = "auto"
    plugins: tuple[str, ...] = ()
    tolerance: Tolerated = Field(default_factory=tolerated.usual)
    speed: Speed | None = None
    _file: str = PrivateAttr("the suite")
    _toml: str = PrivateAttr("")

    @model_validator(mode="after")
    def _one_size(self) -> Suite:
        if self.match is not None and self.hidden is not None:
            raise ValueError("match and hidden exclude each other: give one of them")
        return self

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

    @classmethod
    def of(cls, request: Request) -> Suite:
        """What was asked for on the command line."""
        size = request.size
        return cls(
            version=VERSION,
            cells=request.cells,
            tasks=request.tasks,
            seeds=request.seeds,
            first_seed=request.first_seed,
            budget=request.budget,
            match=str(size) if size is not None and size.by != "hidden" else None,
            hidden=size.value if size is not None and size.by == "hidden" else None,
            recipe=request.recipe,
            settings={**_plain(request.settings), **{cell: _plain(own) for cell, own in request.own.items()}},
            grid={
                name: tuple(value for value in axis if isinstance(value, Plain)) for name, axis in request.grid.items()
            },
            tune=request.tune,
            device=request.device,
            engine=request.engine,
            plugins=request.plugins,
        )

    def with_plugins(self, names: Iterable[str]) -> Suite:
        """The same, with more plugins."""
        return self.model_copy(update={"plugins": tuple(dict.fromkeys([*self.plugins, *names]))})

    def request(self, device: Callable[[str], str] = resolve) -> Request:
        """As what is asked for on the command line.

        Args:
            device: that the name of one stands for.

        Raises:
            HarnessError: there is no such size or device.
        """
        size = Size("hidden", self.hidden) if self.hidden is not None else None
        return Request(
            cells=self.cells,
            tasks=self.tasks,
            seeds=self.seeds,
            budget=self.budget,
            device=device(self.device),
            size=Size.parse(self.match) if self.match is not None else size,
            recipe=self.recipe,
            settings=_plain(self.settings),
            own={cell: settings for cell, settings in self.settings.items() if isinstance(settings, dict)},
            grid=self.grid,
            tune=self.tune,
            plugins=self.plugins,
            engine=self.engine,
            first_seed=self.first_seed,
        )

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


def _plain(settings: Mapping[str, object]) -> dict[str, Plain]:
    return {name: value for name, value in settings.items() if isinstance(value, Plain)}
