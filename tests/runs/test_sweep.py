from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.errors import HarnessError
from harness.registry import hookimpl, install
from harness.registry.plugins import Origin
from harness.runs.executors import Executor, InProcess, Listener
from harness.runs.plan import Plan, Request
from harness.runs.record import RunRecord
from harness.runs.spec import RunSpec
from harness.runs.store import Store
from harness.runs.sweep import sweep

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from harness.runs.executors import Progress
    from harness.runs.record import Record
    from harness.runs.spec import Spec


class Tracker:
    """A listening plugin."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.heard: list[object] = []

    @hookimpl
    def harness_run_started(self, spec: RunSpec) -> None:
        self.heard.append(("started", spec.key))

    @hookimpl
    def harness_run_progress(self, progress: Progress) -> None:
        self.heard.append(("progress", progress.step))

    @hookimpl
    def harness_run_finished(self, record: RunRecord) -> None:
        assert self.store.runs([record.spec.key]), "a record must be durable before anybody hears of it"
        self.heard.append(("finished", record.spec.key))


def one_run() -> RunSpec:
    return next(iter(Plan.make(Request(("elman",), ("adding:length=5",), 1, "smoke", "cpu")).specs()))


def listen(plugin: object, name: str) -> None:
    plugins = install(())
    plugins.manager.register(plugin, name)
    plugins.origins[name] = Origin(name, "1.0")


def test_plugins_hear_of_runs_once_they_are_stored(tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    tracker = Tracker(store)
    listen(tracker, "tracker")
    spec = one_run()
    list(sweep([spec], store, InProcess(), Listener()))
    assert tracker.heard == [("started", spec.key), ("progress", 10), ("progress", 20), ("finished", spec.key)]


class Faulty:
    """A listening plugin with a bug."""

    @hookimpl
    def harness_run_finished(self, record: RunRecord) -> None:
        raise KeyError(record.spec.seed)


def test_a_listener_that_fails_is_named_and_disturbs_no_run(tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    listen(Faulty(), "faulty")
    with pytest.warns(RuntimeWarning, match=r"harness_run_finished of faulty 1.0 failed: KeyError: 0"):
        records = list(sweep([one_run()], store, InProcess(), Listener()))
    assert len(records) == len(store.runs()) == 1


class Flaky(Executor):
    """Whose runs fail so many times before they finish; notes what it is handed."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.handed: list[int] = []

    def run(self, specs: Iterable[Spec], listener: Listener) -> Iterator[Record]:
        for spec in specs:
            assert isinstance(spec, RunSpec)
            listener.started(spec)
            self.handed.append(spec.seed)
            crashed = self.handed.count(spec.seed) <= self.failures
            yield RunRecord(spec, "crashed" if crashed else "finished")

    def stop(self) -> None:
        pass

    def close(self) -> None:
        pass


def seeds(count: int) -> list[RunSpec]:
    return [replace(one_run(), seed=seed) for seed in range(count)]


@pytest.mark.parametrize(
    ("failures", "retries", "handed", "ends"),
    [
        (0, 2, [0, 1], ["finished"] * 2),
        (1, 0, [0, 1], ["crashed"] * 2),
        (1, 2, [0, 1, 0, 1], ["finished"] * 2),
        (9, 2, [0, 1, 0, 1, 0, 1], ["crashed"] * 2),
    ],
)
def test_what_failed_is_tried_again_after_all_others(
    tmp_path: Path, failures: int, retries: int, handed: list[int], ends: list[str]
) -> None:
    store = Store(tmp_path, create=True)
    executor = Flaky(failures)
    records = list(sweep(seeds(2), store, executor, Listener(), retries))
    assert executor.handed == handed
    assert [(record.spec.seed, record.attempt) for record in records if isinstance(record, RunRecord)] == [
        (seed, 1 + handed[:place].count(seed)) for place, seed in enumerate(handed)
    ]
    assert [record.status for record in store.runs()] == ends


class Waits(Listener):
    """Is told of runs that another command is at; that one then ends as it is told to here."""

    def __init__(self, other: Store, record: RunRecord | None) -> None:
        self.other = other
        self.record = record
        self.counts: list[int] = []

    def waiting(self, count: int) -> None:
        self.counts.append(count)
        if self.record:
            self.other.add(self.record)
        else:
            self.other.close()


def test_what_another_command_is_at_is_left_to_it_and_told_as_it_came_out(tmp_path: Path) -> None:
    first, second, third = seeds(3)
    store, other = Store(tmp_path, create=True), Store(tmp_path, create=True)
    other.claim(second)
    executor, listener = Flaky(0), Waits(other, RunRecord(second, "diverged", "by the other"))
    records = list(sweep([first, second, third], store, executor, listener))
    assert executor.handed == [0, 2]
    assert [(record.spec, record.reason) for record in records] == [(first, ""), (third, ""), (second, "by the other")]
    assert listener.counts == [1]


def test_what_another_command_leaves_is_done_here(tmp_path: Path) -> None:
    first, second, third = seeds(3)
    store, other = Store(tmp_path, create=True), Store(tmp_path, create=True)
    other.claim(second)
    executor = Flaky(0)
    records = list(sweep([first, second, third], store, executor, Waits(other, None)))
    assert executor.handed == [0, 2, 1]
    assert [record.status for record in records] == ["finished"] * 3


def test_a_disk_that_fills_up_in_the_middle_is_told_and_the_same_sweep_goes_on_later(tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    reported: list[int] = []
    wanted = seeds(40)

    def fill(pages: int) -> None:
        store._database.connection.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(HarnessError, match=r"full\. What was reported is safe; once there is room"):  # noqa: PT012
        for record in sweep(wanted, store, Flaky(0), Listener()):
            assert isinstance(record, RunRecord)
            reported.append(record.spec.seed)
            fill(store._database.connection.execute("PRAGMA page_count").fetchone()[0])
    assert 0 < len(reported) < 40
    assert [record.spec.seed for record in store.runs()] == reported
    fill(10_000)
    rest = list(sweep([spec for spec in wanted if spec.seed not in reported], store, Flaky(0), Listener()))
    assert len(reported) + len(rest) == 40
    assert [record.spec.seed for record in store.runs()] == list(range(40))
