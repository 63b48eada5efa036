"""One call of `harness run`, from the plan to the table."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from harness.analysis.comparison.compare import compare
from harness.analysis.files import check_folder, keep, write_files
from harness.analysis.questions.sequential import next_runs, open_pairs
from harness.cli.console import fail, out
from harness.cli.execution import INTERRUPTED, Work, execute
from harness.cli.outset import counted, say_plan
from harness.cli.planning import make_plan
from harness.cli.preparing import Preparing
from harness.cli.speed import time_suite
from harness.cli.tables import show
from harness.errors import HarnessError
from harness.runs.agenda import Agenda
from harness.runs.limits import Care
from harness.runs.plan import TRIAL_SEED, Plan, Request
from harness.runs.seeds import Auto, bounds
from harness.runs.shard import WHOLE, Shard
from harness.runs.store import FILE as STORE
from harness.runs.store import Store
from harness.runs.suite import FILE as SUITE
from harness.runs.suite import Suite

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.runs.executors import Executor
    from harness.runs.record import RunRecord
    from harness.runs.spec import RunSpec

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
        self._looks = request.seeds.looks if isinstance(request.seeds, Auto) else ()

    def run(self) -> int:
        """Do it all; the exit code is 2 where something that was asked for could not be done.

        Raises:
            HarnessError: what was asked for cannot be.
        """
        if self.shard != WHOLE and isinstance(self.request.seeds, Auto):
            raise HarnessError(
                "--shard and --seeds auto exclude each other: a share alone cannot tell what is decided."
            )
        plan, unmet = make_plan(self.request)
        self.exit_code = UNMET if unmet else 0
        check_folder(self.folder)
        suite = self.suite or Suite.of(self.request)
        self._preparing = Preparing(plan, self.executor, self.care.limits, self._tell)
        try:
            trials = self._trials(plan, suite)
            if self.exit_code == INTERRUPTED:
                return self.exit_code
            kinds = plan.kinds(trials)
            least, _ = bounds(self.request.seeds)
            agenda = Agenda(kinds, plan.seeds[:least], self._done(), self.shard)
            work = self._work(plan, agenda)  # nothing is written before it is known that there is something to write
            if not work.count and not (self.folder / STORE).exists():
                return self.exit_code
            self._run(suite, plan, kinds, agenda, work)
        finally:
            self.executor.close()
        if self.exit_code != INTERRUPTED and self.shard.number == 1:  # speed is no share of anything
            time_suite(suite, self.folder)
        return self.exit_code

    def _run(self, suite: Suite, plan: Plan, kinds: Sequence[RunSpec], agenda: Agenda, work: Work) -> None:
        """Execute what is to do, and of the runs of some kinds what else it takes to decide, and show all of it."""
        with closing(Store(self.folder, create=True)) as store:
            keep(self.folder / SUITE, suite.text())
            shown = set(agenda.keys())
            interrupted = execute(work, store, self.executor, self.care)
            while not interrupted and (more := self._more(store, plan, kinds, shown)):
                done = self._done()
                missing = self._preparing.ready([spec for spec in more if spec.key not in done])
                interrupted = execute(Work(missing), store, self.executor, self.care)
                shown.update(spec.key for spec in more)
            if interrupted:
                self.exit_code = INTERRUPTED
            if self.table:
                self._show(store, shown)

    def _trials(self, plan: Plan, suite: Suite) -> list[RunRecord]:
        """Execute the trials that are missing; gives all of them.

        Raises:
            HarnessError: this is a share of the runs, and which these are depends on all trials.
        """
        if not self.request.tune:
            return []
        if self.shard != WHOLE:
            raise HarnessError("--tune and --shard exclude each other: what is run depends on all trials.")
        agenda = Agenda(list(plan.trials()), [TRIAL_SEED], self._done())
        work = self._work(plan, agenda)
        if work.count or (self.folder / STORE).exists():
            with closing(Store(self.folder, create=True)) as store:
                keep(self.folder / SUITE, suite.text())
                if execute(work, store, self.executor, self.care):
                    self.exit_code = INTERRUPTED
                return store.runs(agenda.keys())
        return []

    def _work(self, plan: Plan, agenda: Agenda) -> Work:
        """What is missing of the first runs of a plan, and can be done."""
        say_plan(plan, agenda, self.folder, self.shard)
        missing = [kind.first for kind in agenda.kinds]
        ready = {spec.key for spec in self._preparing.ready(missing)}
        kinds = [kind for kind in agenda.kinds if kind.first.key in ready]
        lost = {spec.task.label for spec in missing} - {kind.first.task.label for kind in kinds}
        wanted = self.shard.of(plan.baselines()) if self.table else ()
        trivial = [spec for spec in wanted if spec.key not in agenda.done and spec.task.label not in lost]
        return Work(trivial, agenda, kinds)

    def _more(self, store: Store, plan: Plan, kinds: Sequence[RunSpec], shown: set[str]) -> list[RunSpec]:
        """The runs that comparisons need which are not decided, and could be; those done before are among them."""
        if not self._looks:
            return []
        comparison = compare(store.outlines(shown), [], self._looks)
        possible = (kind.with_seed(seed) for seed in plan.seeds for kind in kinds)
        more = [spec for spec in next_runs(possible, comparison, self.request.first_seed) if spec.key not in shown]
        if more:
            undecided, pairs = open_pairs(comparison)
            done = self._done()
            count = sum(spec.key in done for spec in more)
            before = f", {count} done before" if count else ""
            out.print(f"{undecided} of {counted(pairs, pairs, 'comparison')} undecided: {len(more)} more runs{before}")
        return more

    def _done(self) -> set[str]:
        """The keys of what need not be run."""
        if not (self.folder / STORE).exists():
            return set()
        with closing(Store(self.folder)) as store:
            return store.keys(self.care.retries + 1)

    def _tell(self, error: HarnessError) -> None:
        """Say what could not be done of what was asked for; the rest goes on."""
        fail(error)
        self.exit_code = UNMET

    def _show(self, store: Store, wanted: set[str]) -> None:
        everything = store.outlines()
        records = [record for record in everything if record.spec.key in wanted]
        if not records:
            return  # why, has been said
        out.print()
        comparison = compare(records, store.baselines(), self._looks)
        show(comparison, out)
        same = len(records) == len(everything) and all(record.setup.looks == self._looks for record in records)
        path = write_files(store, comparison if same else None)
        out.print(
            f"table: {path} · all runs: harness runs {self.folder} · pictures: harness report {self.folder}",
            style="dim",
            soft_wrap=True,
        )
