"""Several processes write into one store."""

from __future__ import annotations

import multiprocessing
import sqlite3
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from stored import RECORD, SPEC

from harness.runs.store import Store

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier
    from pathlib import Path

    import pytest


def _write(folder: Path, writer: int) -> None:
    store = Store(folder, create=True)
    for seed in range(25):
        store.add(replace(RECORD, spec=replace(SPEC, seed=1000 * writer + seed)))
        store.add(replace(RECORD, spec=replace(SPEC, seed=seed)))  # which all writers have


def test_several_processes_lose_and_double_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(tmp_path / "new", number)) for number in (1, 2, 3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    assert len(Store(tmp_path / "new").runs()) == 3 * 25 + 25


def test_a_store_that_another_makes_between_two_questions_is_no_strangers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    class Slow(sqlite3.Connection):
        """Before whose second question another process comes."""

        def execute(self, *args: Any) -> sqlite3.Cursor:
            asked.append(args[0])
            if len(asked) == 2:
                monkeypatch.undo()
                Store(tmp_path, create=True).add(RECORD)
            return super().execute(*args)

    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Slow))
    assert [record.scores for record in Store(tmp_path, create=True).runs()] == [RECORD.scores]
    assert len(asked) > 2


def _make(folder: Path, gate: Barrier) -> None:
    for number in range(60):
        gate.wait()
        Store(folder / str(number), create=True).close()


def test_processes_that_make_a_store_at_the_same_moment_wait_for_each_other(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(6, timeout=60)
    makers = [context.Process(target=_make, args=(tmp_path, gate)) for _ in range(6)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    assert [maker.exitcode for maker in makers] == [0] * 6
