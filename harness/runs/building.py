"""What a spec names: its task and its cell, and the model that is built from them."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError
from harness.modeling.assembly import AnyModel, Architecture, build, check_cell, parameter_count, state_size
from harness.modeling.sizing import Footprint
from harness.registry import Component, bind, install
from harness.training.task import Task
from harness.training.timing import flops

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.modeling.cell import CellClass
    from harness.runs.spec import RunSpec

MEASURES: dict[str, Callable[[AnyModel], int]] = {
    "params": parameter_count,
    "state": state_size,
    "flops": flops.per_step,
}
"""How what is held equal is counted."""


def load_task(component: Component, plugins: tuple[str, ...] = ()) -> Task:
    """The task of a component; made once in a process, so that its data is read once.

    Raises:
        HarnessError: there is none, or it does not take these options.
    """
    return _cached_task(component.target, tuple(component.options.items()), plugins)


@lru_cache(maxsize=32)  # more than a plan has as a rule: plans go seed by seed over all tasks
def _cached_task(target: str, options: tuple[tuple[str, Any], ...], plugins: tuple[str, ...]) -> Task:
    entry = install(plugins).tasks().find(target)
    cls = entry.load()
    if not (isinstance(cls, type) and issubclass(cls, Task)):
        raise HarnessError(f'"{target}" of {entry.origin} is no task: it must be a subclass of harness.Task.')
    return cls(**bind(cls, dict(options), f'task "{target}"'))


def load_cell(component: Component, plugins: tuple[str, ...] = ()) -> tuple[CellClass, dict[str, Any]]:
    """The class of a component and its options as values.

    Raises:
        HarnessError: there is none, or it does not take these options.
    """
    loaded = install(plugins).cells().find(component.target).load()
    cell = check_cell(loaded, f'"{component.target}"')
    return cell, bind(cell, component.options, f'cell "{component.name}"')


def architecture(spec: RunSpec) -> Architecture:
    """All of the model but its cell and its size."""
    task = load_task(spec.task, spec.plugins)
    recipe = spec.recipe
    return Architecture(
        task.encoding,
        task.output,
        task.topology,
        recipe.layers,
        recipe.bidirectional,
        recipe.dropout,
        recipe.init,
        spec.engine,
    )


def build_model(spec: RunSpec, hidden_size: int, seed: int) -> AnyModel:
    """The model of a run at a size, with the initial weights of a seed."""
    cell, options = load_cell(spec.cell, spec.plugins)
    return build(cell, options, architecture(spec), hidden_size, seed)


def sized(spec: RunSpec) -> Footprint:
    """The size that the spec gives this cell; operations are counted only where they are what is held equal.

    Raises:
        HarnessError: no hidden size fits.
    """
    measure = MEASURES.get(spec.size.by, parameter_count)
    (cell, options), around = load_cell(spec.cell, spec.plugins), architecture(spec)

    @cache
    def count(hidden_size: int) -> int:
        return measure(build(cell, options, around, hidden_size, seed=0))

    hidden_size = spec.size.solve(count, f"{spec.cell.label} on {spec.task.label}")
    model = build(cell, options, around, hidden_size, seed=0)
    operations = flops.per_step(model) if spec.size.by == "flops" else None
    return Footprint(hidden_size, parameter_count(model), state_size(model), operations)


def operations(spec: RunSpec, hidden_size: int) -> int | None:
    """What a step computes; None where that cannot be counted by itself."""
    try:
        return flops.per_step(build_model(spec, hidden_size, seed=0))
    except Exception:  # noqa: BLE001 - a bug of the cell shows when it runs; a layer may need a GPU, or longer sequences
        return None
