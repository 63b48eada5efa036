"""All runs of a request, and the baselines of its tasks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.errors import HarnessError, LoadError, NotSupportedError
from harness.registry import Component, Reference, install
from harness.runs.plan import recipes
from harness.runs.plan.lookup import by_label, check_apart, find_cell, find_task, names
from harness.runs.plan.trials import chosen, trials
from harness.runs.seeds import Auto, bounds
from harness.runs.spec import BaselineSpec, RunSpec
from harness.training.settings import differences, full

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from harness.runs.plan.request import Request
    from harness.runs.record import RunRecord
    from harness.training.recipe import Recipe
    from harness.training.task import Task


@dataclass(frozen=True)
class Plan:
    """All runs of a request, and the baselines of its tasks."""

    request: Request
    cells: tuple[Component, ...]
    tasks: tuple[tuple[Component, Task], ...]
    own: Mapping[str, Mapping[str, object]]
    """The settings of single cells, by label."""
    lost: tuple[HarnessError, ...] = ()
    """Why tasks that were asked for by name cannot be had; the others are planned."""
    skipped: tuple[HarnessError, ...] = ()
    """The same, of tasks that came with "all"."""

    @classmethod
    def make(cls, request: Request) -> Plan:
        """Look up what is named. Cells are not imported for it, and no data is read that is pinned.

        Raises:
            HarnessError: something named does not exist, a task does not take its options, or none can be had.
        """
        plugins = install(request.plugins)
        request.check()
        named = [find_cell(plugins.cells(), name) for name in names(request.cells, plugins.cells())]
        check_apart(named)
        cells = tuple({cell.label: cell for cell in named}.values())  # each once, however it is written
        empty = cls(request, cells, (), by_label(request.own, cells, plugins.cells()))
        tasks: dict[str, tuple[Component, Task]] = {}
        lost: list[HarnessError] = []
        skipped: list[HarnessError] = []
        for name in names(request.tasks, plugins.tasks()):
            try:
                component, task = find_task(plugins.tasks(), name)
                empty._check(component, task)
                check_apart([*(known for known, _ in tasks.values()), component])
            except (LoadError, NotSupportedError) as error:
                (lost if name in request.tasks else skipped).append(error)
            else:
                tasks[component.label] = component, task
        if not tasks:
            raise [*lost, *skipped][0]
        return replace(empty, tasks=tuple(tasks.values()), lost=tuple(lost), skipped=tuple(skipped))

    def asked_for(self, task: Component) -> bool:
        """Whether a task was named, and did not just come with "all"."""
        return any(Reference.parse(text).target == task.target for text in self.request.tasks)

    def specs(self, trials: Iterable[RunRecord] = ()) -> Iterator[RunSpec]:
        """The runs, seed by seed, one after another: all that it may take, for which memory need not have room.

        Args:
            trials: what became of the trials, where there are any.
        """
        kinds = self.kinds(trials)
        for seed in self.seeds:
            for kind in kinds:
                yield kind.with_seed(seed)

    @property
    def seeds(self) -> range:
        """All that a kind of run may be done with."""
        _, most = bounds(self.request.seeds)
        return range(self.request.first_seed, self.request.first_seed + most)

    def kinds(self, trials: Iterable[RunRecord] = ()) -> list[RunSpec]:
        """A run of each row of the tables to come, of which there is one with every seed.

        Args:
            trials: as for `specs`.
        """
        known = {record.spec.key: record for record in trials}
        return [chosen(row, self._trials(row), known) if self.request.tune else row for row in self._rows()]

    def trials(self) -> Iterator[RunSpec]:
        """The trials, one of each cell on each task after the other, so that an interrupted plan was fair to all."""
        of_rows = [self._trials(row) for row in self._rows()] if self.request.tune else []
        for round_ in zip(*of_rows, strict=True):
            yield from round_

    def baselines(self) -> Iterator[BaselineSpec]:
        """The trivial predictors of each task."""
        for component, task in self.tasks:
            yield BaselineSpec(component, task.fingerprint(), self.request.plugins)

    def settings(self) -> int:
        """How many settings each cell is trained with on each task."""
        return len(self._variants(self.cells[0], self._contest(*self.tasks[0]).recipe))

    def _rows(self) -> Iterator[RunSpec]:
        """The first run of each row of the tables to come."""
        for component, task in self.tasks:
            contest = self._contest(component, task)
            for cell in self.cells:
                changed = [*self.own.get(cell.label, {}), *self.request.grid]
                shared = {name: getattr(contest.recipe, name) for name in map(full, changed)}
                for recipe in self._variants(cell, contest.recipe):
                    yield replace(contest, cell=cell, recipe=recipe, shared=shared)

    def _contest(self, component: Component, task: Task) -> RunSpec:
        """What all cells and seeds of a task share, as the first of its runs."""
        request = self.request
        own = recipes.of_task(component, task, request.budget)
        size, recipe = recipes.size(request, own, recipes.common(request, own))
        return RunSpec(
            cell=self.cells[0],
            task=component,
            data=task.fingerprint(),
            seed=0,
            budget=request.budget,
            recipe=recipe,
            size=size,
            changes=differences(own, recipe),
            device=request.device,
            engine=request.engine,
            plugins=request.plugins,
            looks=request.seeds.looks if isinstance(request.seeds, Auto) else (),
        )

    def _variants(self, cell: Component, shared: Recipe) -> list[Recipe]:
        return recipes.variants(self.request, self.own.get(cell.label, {}), cell, shared)

    def _trials(self, row: RunSpec) -> list[RunSpec]:
        task = next(task for component, task in self.tasks if component == row.task)
        return trials(row, task, self.request.tune)

    def _check(self, component: Component, task: Task) -> None:
        """See that a task can be trained as is asked for.

        Raises:
            HarnessError: it cannot.
        """
        common = recipes.common(self.request, recipes.of_task(component, task, self.request.budget))
        for recipe in [common, *(recipe for cell in self.cells for recipe in self._variants(cell, common))]:
            recipes.check_directions(component, task, recipe)
        if self.request.tune:
            self.request.check_space(task.space(common), component.label)
