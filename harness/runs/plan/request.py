"""What the user asked for, before anything of it is looked up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.training.settings import check_name, full

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.modeling.engine.select import Engine
    from harness.modeling.sizing import Size
    from harness.runs.seeds import Auto
    from harness.training.recipe import Budget


@dataclass(frozen=True)
class Request:
    """What the user asked for.

    Attributes:
        cells: names with options, or "all".
        tasks: likewise.
        seeds: how many; or as many as it takes.
        budget: which of the tasks' recipes.
        device: "cpu" or "cuda:N".
        engine: what runs a cell over time.
        first_seed: the seeds are this, and those that follow.
        size: what to hold equal between cells; the recipe's number of parameters when None.
        recipe: a named recipe, whose settings come before others.
        settings: changes to the tasks' recipes, by name.
        own: likewise for single cells, by the cell.
        grid: settings with the values that each cell is trained with in turn.
        tune: trials of each cell on each task, of which the best is run; none when 0.
        plugins: files and modules to load plugins from.
    """

    cells: tuple[str, ...]
    tasks: tuple[str, ...]
    seeds: int | Auto
    budget: Budget
    device: str
    size: Size | None = None
    recipe: str | None = None
    settings: Mapping[str, object] = field(default_factory=dict)
    plugins: tuple[str, ...] = ()
    engine: Engine = "auto"
    first_seed: int = 0
    own: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    grid: Mapping[str, Sequence[object]] = field(default_factory=dict)
    tune: int = 0

    def check(self) -> None:
        """See that it can be meant.

        Raises:
            HarnessError: nothing is named, or a setting is an axis of the grid and fixed, too.
        """
        for kind, names in (("cell", self.cells), ("task", self.tasks)):
            if not names:
                raise HarnessError(f"no {kind} was named: give names to --{kind}s, separated by commas, or all.")
        fixed = _full(self.settings, *self.own.values())
        for name in self.grid:
            check_name(name, "--grid")
            if full(name) in fixed:
                raise HarnessError(f"--grid {name} and --set {name} exclude each other: give one of them.")

    def check_space(self, space: Iterable[str], task: str) -> None:
        """See that what trials choose on a task is not given.

        Args:
            space: the names of what they choose.
            task: its label.

        Raises:
            HarnessError: it is, or it has an option of its own.
        """
        given = _full(self.grid, *self.own.values())
        for name in space:
            check_name(name, f"--tune of {task}")
            if name in given:
                raise HarnessError(f"--tune chooses {name} on {task}: leave it to that, or to --set and --grid.")


def _full(*settings: Iterable[str]) -> set[str]:
    return {full(name) for names in settings for name in names}
