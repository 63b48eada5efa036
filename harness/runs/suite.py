"""A suite: what to run and how much worse it may get, as a file that is committed."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PrivateAttr,
    ValidationError,
    model_validator,
)

from harness.errors import HarnessError, did_you_mean, fault
from harness.modeling.sizing import Size
from harness.registry import Reference, current
from harness.runs import seeds
from harness.runs.device import resolve
from harness.runs.plan import Plan, Request
from harness.runs.seeds import Auto
from harness.runs.tolerance import Tolerance
from harness.runs.toml import line_of
from harness.training.timing.shape import Shape

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

FILE = "suite.toml"
"""In a results folder: what was asked for last."""
VERSION: Final = 1
DEFAULT, SOLVED = "default", "solved"
"""The tolerance of the first metric of every task, and the share of seeds that solve a task, as a metric."""
SHOWN = 60
"""Characters of a wrong value that are told."""
FALLBACK = Tolerance(0.05, relative=True)

Allowed = Annotated[Tolerance, BeforeValidator(Tolerance.parse), PlainSerializer(lambda allowed: allowed.plain())]
Seeds = Annotated[int | Auto, BeforeValidator(seeds.parse), PlainSerializer(seeds.plain)]
Plain = bool | int | float | str
Names = Annotated[tuple[str, ...], Field(min_length=1)]


class Strict(BaseModel):
    """A part of a file, in which nothing may stand that is not known."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Speed(Strict):
    """How fast cells are, as a ratio to a reference cell that is timed in turn with them.

    Attributes:
        reference: a cell with options.
        tolerance: how much slower a cell may get, beside the reference.
        shape: at which layers are timed.
        repeats: of each cell.
    """

    reference: str
    tolerance: Allowed = Tolerance(0.15, relative=True)
    shape: str = "batch=32,time=100,input=64,hidden=128"
    repeats: Annotated[int, Field(ge=5)] = 15


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
    settings: Annotated[dict[str, Plain | dict[str, Plain]], Field(alias="set")] = {}
    grid: dict[str, Annotated[tuple[Plain, ...], Field(min_length=1)]] = {}
    tune: Annotated[int, Field(ge=0)] = 0
    device: str = "auto"
    engine: Literal["auto", "native", "torch", "loop"] = "auto"
    plugins: tuple[str, ...] = ()
    tolerance: dict[str, Allowed | dict[str, Allowed]] = {DEFAULT: FALLBACK}
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
        self.check_metrics({component.label: metric_names(task) for component, task in plan.tasks})
        if self.speed is not None:
            self._check_speed(self.speed)
        return plan

    def tolerances(self, task: str, metrics: Sequence[str]) -> dict[str, Tolerance]:
        """What is compared on a task, and how much worse it may get.

        Args:
            task: its label.
            metrics: that the task has, the first one first.
        """
        general = {name: entry for name, entry in self.tolerance.items() if isinstance(entry, Tolerance)}
        own = self.tolerance.get(task, {})
        named = general | (own if isinstance(own, dict) else {})
        default = named.pop(DEFAULT, FALLBACK)
        return {metrics[0]: default} | {name: allowed for name, allowed in named.items() if name in metrics}

    def plain(self) -> dict[str, Any]:
        """As plain values; what has its default is left out, but not the tolerance, which everybody should see."""
        values = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return {**values, "tolerance": self.model_dump(mode="json")["tolerance"]}

    def text(self) -> str:
        """As a file."""
        return "\n".join(_lines(self.plain())) + "\n"

    def check_metrics(self, metrics: Mapping[str, Sequence[str]]) -> None:
        """That there is what is tolerated: what a slip of the pen names would not be compared.

        Args:
            metrics: of each task, by its label.

        Raises:
            HarnessError: a task or metric is not there; it says where that is named.
        """
        every = dict.fromkeys([*(name for names in metrics.values() for name in names), DEFAULT])
        for name, entry in self.tolerance.items():
            if isinstance(entry, Tolerance):
                self._check(name, every, "no task of the suite has a metric", name)
                continue
            self._check(name, metrics, "the suite has no task", name)
            for metric in entry:
                self._check(metric, [*metrics[name], DEFAULT], f"{name} has no metric", name, metric)

    def _check_speed(self, speed: Speed) -> None:
        """What would be told after all runs otherwise."""
        key = "reference"
        try:
            reference = Reference.parse(speed.reference)
            current().cells().find(reference.target)
            key = "shape"
            Shape.parse(speed.shape)
        except HarnessError as error:
            raise HarnessError(f"{place(self._file, self._toml, ('speed', key))}: {key}: {error}") from error

    def _check(self, name: str, known: Collection[str], problem: str, *path: str) -> None:
        if name not in known:
            begin = place(self._file, self._toml, ("tolerance", *path))
            raise HarnessError(f'{begin}: {problem} "{name}".{did_you_mean(name, known)}')


def _plain(settings: Mapping[str, object]) -> dict[str, Plain]:
    return {name: value for name, value in settings.items() if isinstance(value, Plain)}


def metric_names(task: Any) -> list[str]:  # noqa: ANN401 - a Task, class or instance
    """What can be compared on a task: its metrics, and whether it was solved where that makes sense."""
    return [metric.name for metric in task.metrics] + ([SOLVED] if task.solved is not None else [])


def read_text(path: Path, what: str) -> str:
    """The text of a file.

    Raises:
        HarnessError: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise HarnessError(f"there is no {what} {path}.") from error
    except UnicodeDecodeError as error:
        raise HarnessError(f"{path} is no {what}: it is not a text in UTF-8.") from error
    except OSError as error:
        raise HarnessError(f"the {what} {path} cannot be read: {error.strerror}.") from error


def write_new(path: Path, text: str) -> None:
    """Write a text to a file that is not there yet.

    Raises:
        HarnessError: it is, or it cannot be written.
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise HarnessError(f"{path} exists already: nothing was overwritten; name another file.") from error
    except OSError as error:
        raise HarnessError(f"{path} cannot be written: {error.strerror}.") from error


def complaint(error: ValidationError, model: type[BaseModel], file: str, toml: str = "") -> str:
    """The first thing that is wrong with a file, in a sentence, with its line where the file is TOML."""
    errors = sorted(error.errors(), key=lambda one: one["type"] != "extra_forbidden")  # a wrong key lacks the right one
    first, *others = errors
    for other in others:  # of the alternatives of a union, the one that came furthest is the one that was meant
        if other["loc"][:2] == first["loc"][:2] and len(other["loc"]) > len(first["loc"]):
            first = other
    path = [str(key) for key in first["loc"] if not _of_union(key)]
    begin, name = place(file, toml, path), ".".join(path)
    if first["type"] == "extra_forbidden":
        return f'{begin}: there is no "{name}" here.{did_you_mean(path[-1], _known(model, path[:-1]))}'
    if first["type"] == "missing":
        return f'{begin}: "{name}" is missing.'
    reason, hint = fault(first)
    value = json.dumps(first["input"], default=str, ensure_ascii=False)
    shown = value if len(value) <= SHOWN else f"{value[:SHOWN]}…"
    given = "" if isinstance(first["input"], dict) or not path else f" (it is {shown})"
    return f"{begin}: {name}{' ' if name else ''}{reason}{given}.{hint}"


def place(file: str, toml: str, path: Sequence[str]) -> str:
    """Where something stands in a file: its name, and the line where its text is TOML and has it."""
    line = line_of(toml, path)
    return file if line is None else f"{file}, line {line}"


def _of_union(key: object) -> bool:
    """Whether pydantic added a part of a path itself, to say which type of a union it tried."""
    return isinstance(key, str) and (key.startswith(("function-", "dict[")) or key in {"bool", "int", "float", "str"})


def _known(model: type[BaseModel], path: Sequence[str]) -> list[str]:
    """The keys that may stand in a part of a file."""
    for name in path:
        if name in model.model_fields:
            model = next(_models(model.model_fields[name].annotation), model)
    return [field.alias or name for name, field in model.model_fields.items()]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - a type of any kind
    """The models in a type, such as that in `tuple[Figures, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _lines(values: dict[str, Any], heading: str = "") -> Iterator[str]:
    """TOML: plain values first, tables after them. Its strings, numbers and lists are written as JSON's are."""
    if heading:
        yield f"\n[{heading}]"
    for name, value in values.items():
        if not isinstance(value, dict):
            yield f"{_key(name)} = {json.dumps(value, ensure_ascii=False)}"
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _lines(value, f"{heading}.{_key(name)}" if heading else _key(name))


def _key(name: str) -> str:
    return name if name.replace("-", "").replace("_", "").isalnum() and name.isascii() else json.dumps(name)
