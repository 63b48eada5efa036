"""What is seen to, and said, before runs are executed."""

from __future__ import annotations

import warnings
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.cli.console import err, out, skip
from harness.cli.outset import Sized, say_sizes
from harness.data.fetch import UnavailableError
from harness.errors import HarnessError, LoadError, PluginWarning
from harness.registry.guard import LIMIT, patience
from harness.runs.limits import duration_text
from harness.runs.questions import Apart, Here

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from harness.data.card import DataSet
    from harness.runs.executors import Executor
    from harness.runs.limits import Limits
    from harness.runs.plan import Plan
    from harness.runs.questions import Answer, Asker, Question
    from harness.runs.spec import RunSpec


class Preparing:
    """Sees to runs before they are executed: what is wrong is told then, and what cannot be run left out.

    A run that fails then in another way is executed: that gives the row that says why.

    Args:
        plan: of which the runs are.
        executor: of the runs.
        limits: what a run may take.
        tell: is told what could not be done of what was asked for.
    """

    def __init__(self, plan: Plan, executor: Executor, limits: Limits, tell: Callable[[HarnessError], None]) -> None:
        self._plan = plan
        self._executor = executor
        self._limits = limits
        self._tell = tell
        self._tasks = {component.label: task for component, task in plan.tasks}
        self._known: dict[str, bool] = {}
        self._late: set[str] = set()
        self._checked = False

    def ready(self, runs: Sequence[RunSpec]) -> list[RunSpec]:
        """Those that can be executed; what was seen to is not seen to again for more seeds.

        Raises:
            HarnessError: something is wrong that the user can mend.
        """
        alike = {spec.key: replace(spec, seed=0).key for spec in runs}
        if new := [spec for spec in runs if alike[spec.key] not in self._known]:
            self._known |= {alike[spec.key]: False for spec in new}
            with closing(Here() if self._executor.here else Apart(self._limits)) as asker:
                self._known |= {alike[spec.key]: True for spec in self._usable(new, asker)}
        return [spec for spec in runs if self._known[alike[spec.key]]]

    def _usable(self, runs: Sequence[RunSpec], asker: Asker) -> list[RunSpec]:
        told = bool(self._plan.request.tune) and not runs[0].trial  # data and sizes, by the trials
        for spec in _each(runs, lambda spec: spec.recipe):
            self._ask(asker, "recipe", spec)
        usable = self._with_data(self._loadable(runs, asker), tell=not told)
        for spec in _each(usable, lambda spec: (spec.contest, spec.recipe.batch)):
            self._ask(asker, "data", spec)
        sizes = self._sizes(usable, asker)
        if not told:
            say_sizes(sizes)
        usable = self._in_time(usable)
        if not self._checked:  # once: what trials need is what the runs after them need
            self._executor.check(usable)
            self._checked = True
        return usable

    def _ask(self, asker: Asker, question: Question, spec: RunSpec) -> Answer:
        """Ask, and tell of what plugins did meanwhile, and of a cell that does not come to an end.

        Raises:
            HarnessError: something is wrong that the user can mend.
        """
        answer = asker.ask(question, spec)
        for deed in answer.deeds:
            warnings.warn(deed, PluginWarning, stacklevel=2)
        if answer.error is not None:
            raise answer.error
        if answer.late:
            self._late.add(spec.cell.label)
            if self._limits.seconds is None:
                self._tell(_late(spec))
        return answer

    def _loadable(self, runs: Sequence[RunSpec], asker: Asker) -> list[RunSpec]:
        """Those whose cells can be imported."""
        lost = set()
        for spec in _each(runs, lambda spec: spec.cell.label):
            try:
                self._ask(asker, "cell", spec)
            except LoadError as error:
                self._tell(error)
                lost.add(spec.cell.label)
        return self._in_time([spec for spec in runs if spec.cell.label not in lost])

    def _with_data(self, runs: Sequence[RunSpec], *, tell: bool) -> list[RunSpec]:
        """Those whose data sets are on this machine, or can be fetched."""
        cards = {spec.task.label: self._tasks[spec.task.label].datasets() for spec in runs}
        unavailable = fetch(list({card.name: card for each in cards.values() for card in each}.values()), tell=tell)
        lost = {
            label: [unavailable[card.name] for card in each if card.name in unavailable]
            for label, each in cards.items()
        }
        for task, _ in self._plan.tasks:
            if errors := lost.get(task.label):
                more = f" So it is with {len(errors) - 1} more of its files." if len(errors) > 1 else ""
                say = self._tell if self._plan.asked_for(task) else skip
                say(HarnessError(f"{task.label}: {errors[0]}{more}"))
        return [spec for spec in runs if not lost[spec.task.label]]

    def _sizes(self, runs: Sequence[RunSpec], asker: Asker) -> list[Sized]:
        """The size of every cell on every task, where it has one."""
        found = []
        for spec in _each(runs, lambda spec: (spec.contest, spec.row)):
            if spec.cell.label not in self._late:
                size = self._ask(asker, "size", spec).size
                found += [Sized(spec, size)] if size else []
        return found

    def _in_time(self, runs: Sequence[RunSpec]) -> list[RunSpec]:
        """Without the cells that did not come to an end, unless a limit will end their runs."""
        late = self._late if self._limits.seconds is None else ()
        return [spec for spec in runs if spec.cell.label not in late]


def fetch(cards: Sequence[DataSet], *, tell: bool = True) -> dict[str, UnavailableError]:
    """Have every data set on this machine, verified, and say where it was found; those that cannot be had are given."""
    parts, lost = [], {}
    for card in cards:
        where = card.whereabouts()
        if where == "not fetched yet":
            try:
                with err.status(f"fetching {card.name} ({card.size})"):
                    card.read()
            except UnavailableError as error:
                lost[card.name] = error
                continue
            where = "fetched, verified"
        parts.append(f"{card.name} {card.size} ✓ {where}".replace("  ", " "))
    if parts and tell:
        out.print("data: " + "   ".join(parts), soft_wrap=True)
    return lost


def _each(runs: Sequence[RunSpec], alike: Callable[[RunSpec], Hashable]) -> Iterable[RunSpec]:
    """One run of all that are alike."""
    return {alike(spec): spec for spec in runs}.values()


def _late(spec: RunSpec) -> HarnessError:
    return HarnessError(
        f"{spec.cell.label} is left out: after {duration_text(patience())} it had not been built, with a first step, "
        f"on {spec.task.label}. {LIMIT} gives it more seconds; with --time-limit its runs are rows that failed."
    )
