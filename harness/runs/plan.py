"""The plan: what the user asked for, as specs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.errors import HarnessError, LoadError, did_you_mean
from harness.modeling.sizing import Size
from harness.registry import Component, Reference, bind, install, signature
from harness.runs.spec import BaselineSpec, RunSpec
from harness.training.task import Task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.registry import Catalog
    from harness.training.recipe import Budget, Recipe

ALL = "all"


@dataclass(frozen=True)
class Request:
    """What the user asked for.

    Attributes:
        cells: names with options, or "all".
        tasks: likewise.
        seeds: how many; they are 0, 1, 2 and so on.
        budget: which of the tasks' recipes.
        device: "cpu" or "cuda:N".
        size: what to hold equal between cells; the recipe's number of parameters when None.
        layers: how many recurrent layers; as many as the recipe says when None.
        plugins: files and modules to load plugins from.
    """

    cells: tuple[str, ...]
    tasks: tuple[str, ...]
    seeds: int
    budget: Budget
    device: str
    size: Size | None = None
    layers: int | None = None
    plugins: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """All runs of a request, and the baselines of its tasks."""

    request: Request
    cells: tuple[Component, ...]
    tasks: tuple[tuple[Component, Task], ...]
    lost: tuple[LoadError, ...] = ()
    """Tasks that were asked for and cannot be imported; the others are planned."""

    @classmethod
    def make(cls, request: Request) -> Plan:
        """Look up what is named. Cells are not imported for it, and no data is read that is pinned.

        Raises:
            HarnessError: something named does not exist, or a task does not take its options.
        """
        plugins = install(request.plugins)
        for kind, names in (("cell", request.cells), ("task", request.tasks)):
            if not names:
                raise HarnessError(f"no {kind} was named: give names to --{kind}s, separated by commas, or all.")
        cells = tuple(_cell(plugins.cells(), name) for name in _names(request.cells, plugins.cells()))
        tasks, lost = [], []
        for name in _names(request.tasks, plugins.tasks()):
            try:
                tasks.append(_task(plugins.tasks(), name))
            except LoadError as error:
                lost.append(error)
        if lost and not tasks:
            raise lost[0]
        return cls(request, cells, tuple(tasks), tuple(lost))

    def specs(self) -> Iterator[RunSpec]:
        """The runs, seed by seed, so that an interrupted plan has whole comparisons."""
        contests = [self._contest(component, task) for component, task in self.tasks]
        for seed in range(self.request.seeds):
            for contest in contests:
                for cell in self.cells:
                    yield replace(contest, cell=cell, seed=seed)

    def baselines(self) -> Iterator[BaselineSpec]:
        """The trivial predictors of each task."""
        for component, task in self.tasks:
            yield BaselineSpec(component, task.fingerprint(), self.request.plugins)

    def _contest(self, component: Component, task: Task) -> RunSpec:
        """What all cells and seeds of a task share, as the first of its runs."""
        recipe = _recipe(component, task, self.request.budget)
        if self.request.layers is not None:
            recipe = replace(recipe, layers=self.request.layers)
        size = self.request.size or Size("params", recipe.parameters)
        return RunSpec(
            cell=self.cells[0],
            task=component,
            data=task.fingerprint(),
            seed=0,
            budget=self.request.budget,
            recipe=recipe,
            size=size,
            device=self.request.device,
            plugins=self.request.plugins,
        )


def _names(asked: tuple[str, ...], catalog: Catalog) -> list[str]:
    if ALL not in asked:
        return list(asked)
    count = Counter(entry.name for entry in catalog)
    all_names = [e.name if count[e.name] == 1 else f"{e.origin.distribution}/{e.name}" for e in catalog]
    return list(dict.fromkeys(all_names + [name for name in asked if name != ALL]))


def _cell(catalog: Catalog, text: str) -> Component:
    reference = Reference.parse(text)
    return catalog.find(reference.target).component(reference.target, reference.options)


def _task(catalog: Catalog, text: str) -> tuple[Component, Task]:
    """The task with its options bound; in its label stand those that are not the default."""
    reference = Reference.parse(text)
    entry = catalog.find(reference.target)
    cls = entry.load()
    if not (isinstance(cls, type) and issubclass(cls, Task)):
        raise HarnessError(f'"{reference.target}" of {entry.origin} is no task: it must be a subclass of harness.Task.')
    options = bind(cls, reference.options, f'task "{reference.target}"')
    defaults = signature(cls)
    changed = {name: value for name, value in options.items() if value != defaults[name]}
    return entry.component(reference.target, changed), cls(**options)


def _recipe(component: Component, task: Task, budget: Budget) -> Recipe:
    if budget not in task.recipes:
        offered = ", ".join(task.recipes)
        hint = did_you_mean(budget, task.recipes)
        raise HarnessError(
            f'task "{component.label}" has no recipe for the budget "{budget}".{hint} It has: {offered}.'
        )
    return task.recipes[budget]
