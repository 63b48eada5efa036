"""The plan: what the user asked for, as specs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import product
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError, LoadError, NotSupportedError, did_you_mean
from harness.modeling.sizing import Size
from harness.registry import ALL, Component, Reference, bind, current, install, signature
from harness.runs.seeds import Auto, bounds
from harness.runs.spec import BaselineSpec, RunSpec
from harness.training.settings import change, check_name, differences, full
from harness.training.space import points
from harness.training.task import Task

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from harness.modeling.engine.select import Engine
    from harness.registry import Catalog
    from harness.runs.record import RunRecord
    from harness.training.recipe import Budget, Recipe

TRIAL_SEED = 1_000_000
"""Of all trials: none that the runs after them have, so that these see nothing of the choice."""


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
        for kind, names in (("cell", request.cells), ("task", request.tasks)):
            if not names:
                raise HarnessError(f"no {kind} was named: give names to --{kind}s, separated by commas, or all.")
        cells = _apart(_cell(plugins.cells(), name) for name in _names(request.cells, plugins.cells()))
        own = _own(plugins.cells(), request, cells)
        _check_grid(request)
        tasks: list[tuple[Component, Task]] = []
        lost: list[HarnessError] = []
        skipped: list[HarnessError] = []
        for name in _names(request.tasks, plugins.tasks()):
            try:
                component, task = _task(plugins.tasks(), name)
                common = _changed(request, _recipe(component, task, request.budget))
                for recipe in [common, *(r for cell in cells for r in _variants(request, own, cell, common))]:
                    _check_directions(component, task, recipe)
                _check_space(request, component, task, common)
            except (LoadError, NotSupportedError) as error:
                (lost if name in request.tasks else skipped).append(error)
            else:
                tasks.append((component, task))
        if not tasks:
            raise [*lost, *skipped][0]
        _apart(component for component, _ in tasks)
        each = {component.label: (component, task) for component, task in tasks}
        return cls(request, cells, tuple(each.values()), own, tuple(lost), tuple(skipped))

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
        return [self._chosen(row, known) if self.request.tune else row for row in self._rows()]

    def trials(self) -> Iterator[RunSpec]:
        """The trials, one of each cell on each task after the other, so that an interrupted plan was fair to all."""
        of_rows = [self._trials(row) for row in self._rows()] if self.request.tune else []
        for trials in zip(*of_rows, strict=True):
            yield from trials

    def _rows(self) -> Iterator[RunSpec]:
        """The first run of each row of the tables to come."""
        for component, task in self.tasks:
            contest = self._contest(component, task)
            for cell in self.cells:
                names = [*self.own.get(cell.label, {}), *self.request.grid]
                shared = {name: getattr(contest.recipe, name) for name in map(full, names)}
                for recipe in _variants(self.request, self.own, cell, contest.recipe):
                    yield replace(contest, cell=cell, recipe=recipe, shared=shared)

    def _trials(self, row: RunSpec) -> list[RunSpec]:
        space = self._task(row).space(row.recipe)
        common = {name: getattr(row.recipe, name) for name in space}
        recipes = [
            change(row.recipe, point, f"space of {row.task.label}") for point in points(space, self.request.tune)
        ]
        return [
            replace(row, recipe=recipe, seed=TRIAL_SEED, tuned=common, trial=number)
            for number, recipe in enumerate(recipes, start=1)
        ]

    def _chosen(self, row: RunSpec, known: Mapping[str, RunRecord]) -> RunSpec:
        """The row with the settings of its best trial on validation; of the first one where none finished."""
        trials = self._trials(row)
        done = [known[trial.key] for trial in trials if trial.key in known and known[trial.key].status == "finished"]
        best = min(done, key=loss).spec if done else trials[0]
        changes = (*row.changes, f"tune={self.request.tune}")
        return replace(row, recipe=best.recipe, tuned=best.tuned, tune=self.request.tune, changes=changes)

    def _task(self, row: RunSpec) -> Task:
        return next(task for component, task in self.tasks if component == row.task)

    def settings(self) -> int:
        """How many settings each cell is trained with on each task."""
        return sum(1 for _ in _variants(self.request, self.own, self.cells[0], self._contest(*self.tasks[0]).recipe))

    def baselines(self) -> Iterator[BaselineSpec]:
        """The trivial predictors of each task."""
        for component, task in self.tasks:
            yield BaselineSpec(component, task.fingerprint(), self.request.plugins)

    def _contest(self, component: Component, task: Task) -> RunSpec:
        """What all cells and seeds of a task share, as the first of its runs."""
        own = _recipe(component, task, self.request.budget)
        recipe = _changed(self.request, own)
        if self.request.size is not None:  # which comes before that of a named recipe
            recipe = replace(recipe, hidden_size=own.hidden_size)
        size = Size("params", recipe.parameters) if recipe.hidden_size is None else Size("hidden", recipe.hidden_size)
        return RunSpec(
            cell=self.cells[0],
            task=component,
            data=task.fingerprint(),
            seed=0,
            budget=self.request.budget,
            recipe=recipe,
            size=self.request.size or size,
            changes=differences(own, recipe),
            device=self.request.device,
            engine=self.request.engine,
            plugins=self.request.plugins,
            looks=self.request.seeds.looks if isinstance(self.request.seeds, Auto) else (),
        )


def loss(trial: RunRecord) -> float:
    """How well a trial did on validation: smaller is better, whatever the direction of its metric."""
    metric = trial.metrics[0]
    score = float(trial.validation[metric["name"]])
    return score if metric["direction"] == "lower" else -score


def _changed(request: Request, recipe: Recipe) -> Recipe:
    """The recipe with what the user changed."""
    if request.recipe is not None:
        named: Any = current().recipes().find(request.recipe).load()
        recipe = change(recipe, named, f"recipe {request.recipe}")
    return change(recipe, request.settings, "--set")


def _variants(
    request: Request, own: Mapping[str, Mapping[str, object]], cell: Component, common: Recipe
) -> Iterable[Recipe]:
    """The recipes that a cell is trained by: the common one with its own settings, at each point of the grid."""
    recipe = change(common, own.get(cell.label, {}), f"--set for {cell.label}")
    points = (dict(zip(request.grid, values, strict=True)) for values in product(*request.grid.values()))
    return dict.fromkeys(change(recipe, point, "--grid") for point in points)  # 1 and 1.0 are one


def _own(catalog: Catalog, request: Request, cells: tuple[Component, ...]) -> dict[str, Mapping[str, object]]:
    """The settings of single cells by their labels.

    Raises:
        HarnessError: there is no such cell, or it is not asked for.
    """
    labels = [cell.label for cell in cells]
    found = {}
    for name, settings in request.own.items():
        label = name if name in labels else _cell(catalog, name).label
        if label not in labels:
            raise HarnessError(
                f"--set {name}.{next(iter(settings))}: {label} is not among the cells: {', '.join(labels)}."
            )
        found[label] = settings
    return found


def _check_grid(request: Request) -> None:
    """See that no setting is an axis and fixed, too, and that no value comes twice.

    Raises:
        HarnessError: one is.
    """
    fixed = {full(name) for settings in (request.settings, *request.own.values()) for name in settings}
    for name in request.grid:
        check_name(name, "--grid")
        if full(name) in fixed:
            raise HarnessError(f"--grid {name} and --set {name} exclude each other: give one of them.")


def _check_space(request: Request, component: Component, task: Task, recipe: Recipe) -> None:
    """See that what trials choose is not given.

    Raises:
        HarnessError: it is, or it has an option of its own.
    """
    if not request.tune:
        return
    given = {full(name) for settings in (*request.own.values(), request.grid) for name in settings}
    for name in task.space(recipe):
        check_name(name, f"--tune of {component.label}")
        if name in given:
            raise HarnessError(f"--tune chooses {name} on {component.label}: leave it to that, or to --set and --grid.")


def _check_directions(component: Component, task: Task, recipe: Recipe) -> None:
    if recipe.bidirectional and (task.causal or task.topology in {"encoder-decoder", "one to many"}):
        reason = (
            "its outputs must not depend on what comes later, which the second direction has read"
            if task.causal
            else "its decoder writes step by step, so that there is no end to read from"
        )
        raise NotSupportedError(f"{component.label} cannot be run with --bidirectional: {reason}.")


def _names(asked: tuple[str, ...], catalog: Catalog) -> list[str]:
    if ALL not in asked:
        return list(asked)
    usable = [entry for entry in catalog if not entry.refusal]
    count = Counter(entry.name for entry in usable)
    all_names = [e.name if count[e.name] == 1 else f"{e.origin.distribution}/{e.name}" for e in usable]
    return list(dict.fromkeys(all_names + [name for name in asked if name != ALL]))


def _apart(components: Iterable[Component]) -> tuple[Component, ...]:
    """Each once, where a table can tell them apart: classes of two files may be called the same.

    Raises:
        HarnessError: it cannot.
    """
    found: dict[str, Component] = {}
    for one in components:
        other = found.setdefault(one.label, one)
        if other.identity() != one.identity():
            raise HarnessError(
                f'{other.target} and {one.target} are both called "{one.label}" in tables: give one another name.'
            )
    return tuple(found.values())


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
