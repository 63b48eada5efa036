"""Before anything trains: everything that can be told to be wrong is told now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import HarnessError, LoadError, NotSupportedError
from harness.modeling.assembly import build, engines
from harness.runs.execute import architecture, load_cell, load_task, sized
from harness.training.update import check

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.data.card import DataSet
    from harness.modeling.sizing import Footprint
    from harness.runs.spec import RunSpec


@dataclass(frozen=True)
class Sized:
    """The size that a cell gets on a task."""

    spec: RunSpec
    footprint: Footprint

    @property
    def mismatch(self) -> float:
        """How far it is from what was asked for, as a share; 0 where nothing was."""
        return abs(self.spec.size.mismatch(self.footprint) or 0.0)


def needed(specs: Iterable[RunSpec]) -> list[DataSet]:
    """The data sets that some runs read."""
    return list({card.name: card for spec in specs for card in datasets(spec)}.values())


def datasets(spec: RunSpec) -> tuple[DataSet, ...]:
    """The data sets that a run reads."""
    return load_task(spec.task, spec.plugins).datasets()


def first_batches(specs: Iterable[RunSpec]) -> None:
    """Draw a training batch of each task, so that data that cannot be used is told before anything trains.

    Raises:
        HarnessError: the data cannot be used.
    """
    for spec in {(spec.contest, spec.recipe.batch): spec for spec in specs}.values():
        try:
            next(iter(load_task(spec.task, spec.plugins).batches("train", spec.recipe.batch, spec.seed)))
        except HarnessError as error:
            raise HarnessError(f"{spec.task.name}: {error}") from error


def check_recipes(specs: Iterable[RunSpec]) -> None:
    """See that there is what the recipes name.

    Raises:
        HarnessError: there is no such optimiser, schedule or regulariser.
    """
    for recipe in dict.fromkeys(spec.recipe for spec in specs):
        check(recipe)


def unloadable(specs: Iterable[RunSpec]) -> dict[str, LoadError]:
    """The cells whose code cannot be imported, by label.

    Raises:
        HarnessError: a cell does not take its options, or is no cell.
    """
    failures = {}
    for spec in {spec.cell.label: spec for spec in specs}.values():
        try:
            load_cell(spec.cell, spec.plugins)
        except LoadError as error:
            failures[spec.cell.label] = error
    return failures


def check_engines(specs: Iterable[RunSpec]) -> None:
    """See that an engine that was asked for by name can run the cells.

    A cell that cannot be built is left out: running it gives the row that says why.

    Raises:
        HarnessError: it cannot.
    """
    asked = [spec for spec in specs if spec.engine not in {"auto", "loop"}]
    for spec in {(spec.contest, spec.row): spec for spec in asked}.values():
        cell, options = load_cell(spec.cell, spec.plugins)
        try:
            model = build(cell, options, architecture(spec), sized(spec).hidden_size, spec.seed)
        except Exception:  # noqa: BLE001, S112 - as above
            continue
        try:
            engines(model)
        except NotSupportedError as error:
            raise HarnessError(str(error)) from None


def sizes(specs: Sequence[RunSpec]) -> list[Sized]:
    """The size of every cell on every task.

    A cell that cannot be built is left out: running it gives the row that says why.

    Raises:
        HarnessError: the smallest model is larger than what was asked for.
    """
    found = []
    for spec in {(spec.contest, spec.row): spec for spec in specs}.values():
        try:
            found.append(Sized(spec, sized(spec)))
        except NotSupportedError:
            continue
        except HarnessError:
            raise
        except Exception:  # noqa: BLE001, S112 - a bug in a cell is a row with its traceback
            continue
    return found
