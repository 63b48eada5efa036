"""How a request trains: the recipe that all cells of a task share, and what each cell has of its own."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError, NotSupportedError, did_you_mean
from harness.modeling.sizing import Size
from harness.registry import current
from harness.training.settings import change

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.registry import Component
    from harness.runs.plan.request import Request
    from harness.training.recipe import Budget, Recipe
    from harness.training.task import Task


def of_task(component: Component, task: Task, budget: Budget) -> Recipe:
    """The recipe of a task itself.

    Raises:
        HarnessError: it has none for that budget.
    """
    if budget not in task.recipes:
        offered = ", ".join(task.recipes)
        hint = did_you_mean(budget, task.recipes)
        raise HarnessError(
            f'task "{component.label}" has no recipe for the budget "{budget}".{hint} It has: {offered}.'
        )
    return task.recipes[budget]


def common(request: Request, recipe: Recipe) -> Recipe:
    """The recipe of a task with what the user changed for all cells.

    Raises:
        HarnessError: there is no such setting, or no such named recipe.
    """
    changed = recipe
    if request.recipe is not None:
        named: Any = current().recipes().find(request.recipe).load()
        changed = change(changed, named, f"recipe {request.recipe}")
    return change(changed, request.settings, "--set")


def variants(request: Request, own: Mapping[str, object], cell: Component, shared: Recipe) -> list[Recipe]:
    """The recipes that a cell is trained by: the common one with its own settings, at each point of the grid.

    Args:
        request: has the grid.
        own: the settings of this cell alone.
        cell: the cell.
        shared: what all cells have in common.
    """
    recipe = change(shared, own, f"--set for {cell.label}")
    points = (dict(zip(request.grid, values, strict=True)) for values in product(*request.grid.values()))
    return list(dict.fromkeys(change(recipe, point, "--grid") for point in points))  # 1 and 1.0 are one


def size(request: Request, own: Recipe, shared: Recipe) -> tuple[Size, Recipe]:
    """What is held equal between cells, and the common recipe with what that leaves of it.

    Args:
        request: may say it.
        own: the recipe of the task itself.
        shared: what all cells have in common.
    """
    if request.size is not None:  # which comes before that of a named recipe
        return request.size, replace(shared, hidden_size=own.hidden_size)
    if shared.hidden_size is None:
        return Size("params", shared.parameters), shared
    return Size("hidden", shared.hidden_size), shared


def check_directions(component: Component, task: Task, recipe: Recipe) -> None:
    """See that a recipe reads no sequence from its end that has none, or that must not be seen.

    Raises:
        NotSupportedError: it does.
    """
    if recipe.bidirectional and (task.causal or task.topology in {"encoder-decoder", "one to many"}):
        reason = (
            "its outputs must not depend on what comes later, which the second direction has read"
            if task.causal
            else "its decoder writes step by step, so that there is no end to read from"
        )
        raise NotSupportedError(f"{component.label} cannot be run with --bidirectional: {reason}.")
