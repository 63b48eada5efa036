from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.registry import hookimpl, install
from harness.registry.plugins import Origin
from harness.runs.executors import InProcess, Listener
from harness.runs.plan import Plan, Request
from harness.runs.store import Store
from harness.runs.sweep import sweep

if TYPE_CHECKING:
    from pathlib import Path

    from harness.runs.executors import Progress
    from harness.runs.record import RunRecord
    from harness.runs.spec import RunSpec


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
