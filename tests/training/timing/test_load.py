"""What others do to the machine."""

from __future__ import annotations

import multiprocessing
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from harness.training.timing import load

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path


def test_what_this_process_does_itself_is_taken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([(100.0, 50.0, 7.0), (110.0, 68.0, 10.0)])  # 18 busy seconds in 10, of which 3 are our own
    monkeypatch.setattr(load, "_now", lambda: next(moments))
    assert load.Load().others() == pytest.approx(1.5)


def test_a_busy_process_beside_this_one_is_seen() -> None:
    watched = load.Load()
    busy = multiprocessing.get_context("spawn").Process(target=_burn, daemon=True)
    busy.start()
    busy.join(0.1)
    time.sleep(3)
    others = watched.others()
    busy.kill()
    busy.join()
    if others is None:
        pytest.skip("this system does not tell")
    assert others > 0.2


def test_fellow_workers_are_told_from_others(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([(100.0, 50.0, 7.0), (110.0, 78.0, 10.0)])  # 25 busy seconds in 10 that are not our own
    fellows, waits, clock = iter([3.0, 13.0]), iter([1.0, 1.5]), iter([100.0, 110.0])
    monkeypatch.setattr(load, "_now", lambda: next(moments))
    monkeypatch.setattr(load, "_fellows", lambda: next(fellows))
    monkeypatch.setattr(load, "_waited", lambda: next(waits))
    monkeypatch.setattr(load.time, "monotonic", lambda: next(clock))
    assert load.Surroundings().disturbance() == load.Disturbance(others=1.5, workers=1.0, waited=0.05)


def test_what_the_system_does_not_tell_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(load, "STAT", tmp_path / "none")
    monkeypatch.setattr(load, "WAITED", tmp_path / "none")
    assert load.Surroundings().disturbance() == load.Disturbance(None, None, None)


def test_the_time_of_fellow_workers_counts_also_when_they_have_ended() -> None:
    if not load.STAT.is_file():
        pytest.skip("this system does not tell")
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    watcher = context.Process(target=_watch, args=(theirs,), daemon=True)
    watcher.start()
    assert ours.recv() == "ready"
    for _ in range(2):
        fellow = context.Process(target=_use, args=(0.4,), daemon=True)
        fellow.start()
        fellow.join()
    ours.send("go")
    assert ours.recv() >= 0.8  # seconds of a processor
    watcher.join()


def test_what_a_fellow_worker_had_compiled_is_its_own_before_it_ends_and_after(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it would seem to have been done at the moment when the worker ends."""
    alive, gone = _Process(2, user=3.0, children_user=5.0), _Process(1, children_user=8.0)
    monkeypatch.setattr(load.multiprocessing, "parent_process", lambda: _Process(1))
    monkeypatch.setattr(load.os, "getppid", lambda: 1)
    for server, fellows in ((_Process(1), [alive]), (gone, [])):
        known = {1: server, **{fellow.pid: fellow for fellow in fellows}}
        server.fellows = fellows
        monkeypatch.setattr(load.psutil, "Process", known.__getitem__)
        assert load._fellows() in {8.0, None}


class _Process:
    """As psutil has them."""

    def __init__(self, pid: int, user: float = 0.0, children_user: float = 0.0) -> None:
        self.pid, self.fellows = pid, list[_Process]()
        self.cpu_times = lambda: SimpleNamespace(
            user=user, system=0.0, children_user=children_user, children_system=0.0
        )

    def children(self) -> list[_Process]:
        return self.fellows


def _watch(connection: Connection) -> None:
    before = load._fellows() or 0.0
    connection.send("ready")
    connection.recv()
    connection.send((load._fellows() or 0.0) - before)


def _use(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def _burn() -> None:
    while True:
        pass
