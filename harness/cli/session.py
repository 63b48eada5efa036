"""One call of `harness run`, from the plan to the table."""

from __future__ import annotations

import math
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.analysis.comparison import compare
from harness.analysis.files import check_folder, keep, write_files
from harness.analysis.sequential import next_runs, open_pairs
from harness.cli.console import fail, out, skip, warn_of_broken
from harness.cli.execution import INTERRUPTED, execute
from harness.cli.preparing import time_suite
from harness.cli.tables import show
from harness.errors import HarnessError
from harness.registry import Reference, install
from harness.runs.limits import Care
from harness.runs.plan import ALL, Plan, Request
from harness.runs.seeds import Auto, bounds
from harness.runs.shard import WHOLE, Shard
from harness.runs.store import FILE as STORE
from harness.runs.store import Store
from harness.runs.suite import FILE as SUITE
from harness.runs.suite import Suite

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.registry import Plugins
    from harness.runs.executors import Executor
    from harness.runs.record import RunRecord
    from harness.runs.spec import RunSpec, Spec

UNMET = 2


class Session:
    """Plans, prepares, executes, and shows the table.

    Args:
        request: what to run.
        folder: the results folder.
        executor: what executes it.
        suite: the file that asks for it, where there is one; it is kept beside the results.
        table: whether a table is wanted, and with it the trivial baselines.
        shard: which share of the runs.
        care: what a run may take, and how often it may be tried.
    """

    def __init__(
        self,
        request: Request,
        folder: Path,
        executor: Executor,
        suite: Suite | None = None,
        *,
        table: bool = True,
        shard: Shard = WHOLE,
        care: Care | None = None,
    ) -> None:
        self.request = request
        self.folder = folder
        self.executor = executor
        self.suite = suite
        self.table = table
        self.shard = shard
        self.care = care or Care()
        self.exit_code = 0
        self._prepared: dict[str, bool] = {}
        self._checked = False

    def run(self) -> int:
        """Do it all; the exit code is 2 where something that was asked for could not be done.

        Raises:
            HarnessError: what was asked for cannot be.
        """
        if self.shard != WHOLE and isinstance(self.request.seeds, Auto):
            raise HarnessError(
                "--shard and --seeds auto exclude each other: a share alone cannot tell what is decided."
            )
        plugins = install(self.request.plugins)
        self.exit_code = UNMET if warn_of_broken(plugins) else 0
        plan = Plan.make(self._without_lost_cells(plugins))
        for error in plan.lost:
            self._tell(error)
        for error in plan.skipped:
            skip(error)
        check_folder(self.folder)
        suite = self.suite or Suite.of(self.request)
        try:
            trials = self._trials(plan, suite)
            if self.exit_code == INTERRUPTED:
                return self.exit_code
            possible = list(plan.specs(trials))
            least, _ = bounds(self.request.seeds)
            specs = list(self.shard.of(spec for spec in possible if spec.seed < self.request.first_seed + least))
            work = self._work(plan, specs)  # nothing is written before it is known that there is something to write
            if not work and not (self.folder / STORE).exists():
                return self.exit_code
            self._run(suite, plan, specs, work, possible)
        finally:
            self.executor.close()
        if self.exit_code != INTERRUPTED and self.shard.number == 1:  # speed is no share of anything
            time_suite(suite, self.folder)
        return self.exit_code

    def _run(
        self, suite: Suite, plan: Plan, specs: list[RunSpec], work: list[Spec], possible: Sequence[RunSpec]
    ) -> None:
        """Execute what is to do, and of the possible runs what else it takes to decide, and show all of it."""
        with closing(Store(self.folder, create=True)) as store:
            keep(self.folder / SUITE, suite.text())
            interrupted = execute(work, store, self.executor, self.care)
            while not interrupted and (more := self._more(store, specs, possible)):
                done = self._done()
                missing = self._prepare(plan, [spec for spec in more if spec.key not in done])
                interrupted = execute(missing, store, self.executor, self.care)
                specs = [*specs, *more]
            if interrupted:
                self.exit_code = INTERRUPTED
            if self.table:
                self._show(store, specs)

    def _trials(self, plan: Plan, suite: Suite) -> list[RunRecord]:
        """Execute the trials that are missing; gives all of them.

        Raises:
            HarnessError: this is a share of the runs, and which these are depends on all trials.
        """
        if not self.request.tune:
            return []
        if self.shard != WHOLE:
            raise HarnessError("--tune and --shard exclude each other: what is run depends on all trials.")
        trials = list(plan.trials())
        work = self._work(plan, trials)
        if work or (self.folder / STORE).exists():
            with closing(Store(self.folder, create=True)) as store:
                keep(self.folder / SUITE, suite.text())
                if execute(work, store, self.executor, self.care):
                    self.exit_code = INTERRUPTED
                return store.runs(trial.key for trial in trials)
        return []

    def _work(self, plan: Plan, specs: list[RunSpec]) -> list[Spec]:
        """What is missing of the first runs of a plan, and can be done."""
        done = self._done()
        missing = [spec for spec in specs if spec.key not in done]
        self._say_plan(plan, specs, missing)
        ready = self._prepare(plan, missing)
        lost = {spec.task.label for spec in missing} - {spec.task.label for spec in ready}
        wanted = self.shard.of(plan.baselines()) if self.table else ()
        trivial = [spec for spec in wanted if spec.key not in done and spec.task.label not in lost]
        return [*trivial, *ready]

    def _more(self, store: Store, shown: list[RunSpec], possible: Sequence[RunSpec]) -> list[RunSpec]:
        """The runs that comparisons need which are not decided, and could be; those done before are among them."""
        if not isinstance(self.request.seeds, Auto):
            return []
        comparison = compare(self._records(store, shown), [])
        known = {spec.key for spec in shown}
        more = [spec for spec in next_runs(possible, comparison, self.request.first_seed) if spec.key not in known]
        if more:
            undecided, pairs = open_pairs(comparison)
            done = self._done()
            count = sum(spec.key in done for spec in more)
            before = f", {count} done before" if count else ""
            out.print(f"{undecided} of {_range(pairs, pairs, 'comparison')} undecided: {len(more)} more runs{before}")
        return more

    def _records(self, store: Store, specs: Sequence[RunSpec]) -> list[RunRecord]:
        """What was run of some specs, to be judged by the rule of this plan."""
        looks = {spec.key: spec.looks for spec in specs}
        records = store.runs(looks)
        return [replace(record, spec=replace(record.spec, looks=looks[record.spec.key])) for record in records]

    def _done(self) -> set[str]:
        """The keys of what need not be run."""
        if not (self.folder / STORE).exists():
            return set()
        with closing(Store(self.folder)) as store:
            return store.keys(self.care.retries + 1)

    def _without_lost_cells(self, plugins: Plugins) -> Request:
        """The request without the cells that nobody offers, where a plugin that the user named is broken."""
        lost = set()
        for name in self.request.cells:
            try:
                plugins.cells().find(Reference.parse(name).target)
            except HarnessError as error:
                if self.exit_code != UNMET or name == ALL:
                    continue  # planning says it
                fail(error)
                lost.add(name)
        return replace(self.request, cells=tuple(name for name in self.request.cells if name not in lost))

    def _tell(self, error: HarnessError) -> None:
        """Say what could not be done of what was asked for; the rest goes on."""
        fail(error)
        self.exit_code = UNMET

    def _say_plan(self, plan: Plan, specs: list[RunSpec], missing: list[RunSpec]) -> None:
        trials = bool(specs) and bool(specs[0].trial)
        least, most = (self.request.tune,) * 2 if trials else bounds(self.request.seeds)
        factors = [(len(plan.cells), "cell"), (plan.settings(), "setting"), (len(plan.tasks), "task")]
        product = [_range(count, count, noun) for count, noun in factors if noun != "setting" or self.request.grid]
        product.append(_range(least, most, "trial" if trials else "seed"))
        each = math.prod(count for count, _ in factors)
        done = len(specs) - len(missing)
        before = f", {done} done before, {len(missing)} to do" if done else ""
        share = f", {len(specs)} in shard {self.shard}" if self.shard != WHOLE else ""
        runs = f"{' × '.join(product)} = {_range(each * least, each * most, 'run')}"
        settings = f"{self.request.budget} budget · {self.request.device} · {self.folder}/"
        out.print(f"{runs}{share}{before} · {settings}", soft_wrap=True)

    def _prepare(self, plan: Plan, missing: list[RunSpec]) -> list[RunSpec]:
        """Check what can be checked; cells that cannot be loaded and tasks without their data are left out.

        What was checked already is not checked again for more seeds.
        """
        alike = {spec.key: replace(spec, seed=0).key for spec in missing}
        if new := [spec for spec in missing if alike[spec.key] not in self._prepared]:
            self._prepared |= {alike[spec.key]: False for spec in new}
            self._prepared |= {alike[spec.key]: True for spec in self._usable(plan, new)}
        return [spec for spec in missing if self._prepared[alike[spec.key]]]

    def _usable(self, plan: Plan, missing: list[RunSpec]) -> list[RunSpec]:
        """Those that can be run; what cannot is told."""
        from harness.cli.preparing import fetch, say_sizes
        from harness.runs import prepare

        prepare.check_recipes(missing)
        failures = prepare.unloadable(missing)
        for error in failures.values():
            self._tell(error)
        usable = [spec for spec in missing if spec.cell.label not in failures]
        after_trials = bool(self.request.tune) and not missing[0].trial  # which have told data and sizes
        unavailable = fetch(prepare.needed(usable), tell=not after_trials)
        lost = {
            spec.task.label: [unavailable[card.name] for card in prepare.datasets(spec) if card.name in unavailable]
            for spec in usable
        }
        for task, _ in plan.tasks:
            if errors := lost.get(task.label):
                more = f" So it is with {len(errors) - 1} more of its files." if len(errors) > 1 else ""
                (self._tell if plan.asked_for(task) else skip)(HarnessError(f"{task.label}: {errors[0]}{more}"))
        usable = [spec for spec in usable if not lost[spec.task.label]]
        prepare.first_batches(usable)
        prepare.check_engines(usable)
        if not after_trials:
            say_sizes(prepare.sizes(usable))
        if not self._checked:  # once: what trials need is what the runs after them need
            self.executor.check({(spec.contest, spec.row): spec for spec in usable}.values())
            self._checked = True
        return usable

    def _show(self, store: Store, specs: list[RunSpec]) -> None:
        records = self._records(store, specs)
        if not records:
            return  # why, has been said
        out.print()
        show(compare(records, store.baselines()), out)
        path = write_files(store)
        out.print(
            f"table: {path} · all runs: harness runs {self.folder} · pictures: harness report {self.folder}",
            style="dim",
            soft_wrap=True,
        )


def _range(least: int, most: int, noun: str) -> str:
    """`3 seeds`, `3 to 20 seeds`."""
    count = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    return f"{count} {noun}{'s' if most != 1 else ''}"
