"""What is to run, and the request that it stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal, Self

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from harness.modeling.sizing import Size
from harness.runs import seeds
from harness.runs.device import resolve
from harness.runs.plan import Request
from harness.runs.seeds import Auto
from harness.runs.suite.strict import Strict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

VERSION: Final = 1

Seeds = Annotated[int | Auto, BeforeValidator(seeds.parse), PlainSerializer(seeds.plain)]
Plain = bool | int | float | str
Names = Annotated[tuple[str, ...], Field(min_length=1)]


class Asked(Strict):
    """What is to run: the options of the command line, as a file says them.

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

    @model_validator(mode="after")
    def _one_size(self) -> Self:
        if self.match is not None and self.hidden is not None:
            raise ValueError("match and hidden exclude each other: give one of them")
        return self

    @classmethod
    def of(cls, request: Request) -> Self:
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

    def with_plugins(self, names: Iterable[str]) -> Self:
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


def _plain(settings: Mapping[str, object]) -> dict[str, Plain]:
    return {name: value for name, value in settings.items() if isinstance(value, Plain)}
