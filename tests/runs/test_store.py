from __future__ import annotations

import multiprocessing
import sqlite3
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import HarnessError
from harness.modeling.sizing import Size
from harness.registry import Component
from harness.runs.record import BaselineRecord, RunRecord
from harness.runs.spec import BaselineSpec, RunSpec
from harness.runs.store import APPLICATION, FILE, SCHEMA, Store
from harness.training.recipe import Recipe

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier
    from pathlib import Path

CELL = Component("lstm", "lstm", {}, "cell-harness", "0.1.0", "aa")
TASK = Component("adding", "adding", {}, "cell-harness", "0.1.0", "bb")
SPEC = RunSpec(CELL, TASK, "generated", 0, "quick", Recipe(10, 2, 0.1, 100), Size("params", 100), "cpu")
RECORD = RunRecord(SPEC, "finished", scores={"MSE": 0.25}, curve=[{"step": 1, "loss": float("nan")}], finished="2026")


def test_what_is_added_is_read_by_another_connection(tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    baseline = BaselineRecord(BaselineSpec(TASK, "generated"), [{"name": "constant", "scores": {"MSE": 1 / 6}}])
    store.add(RECORD)
    store.add(baseline)
    other = Store(tmp_path)
    (read,) = other.runs()
    assert read.scores == {"MSE": 0.25}
    assert read.spec == SPEC
    assert str(read.curve) == str(RECORD.curve)  # NaN included
    assert other.baselines() == [baseline]
    assert other.keys() == {SPEC.key, baseline.spec.key}


def test_a_record_is_on_the_disk_when_add_returns(tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    assert store._connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL: the log is synced at each commit
    assert store._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_record_is_never_changed(tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    store.add(RECORD)
    store.add(replace(RECORD, scores={"MSE": 99.0}))
    assert [record.scores for record in store.runs()] == [{"MSE": 0.25}]


def test_only_the_runs_asked_for(tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    other = replace(RECORD, spec=replace(SPEC, seed=1))
    store.add(RECORD)
    store.add(other)
    assert [record.spec.seed for record in store.runs([other.spec.key])] == [1]


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


def test_a_newer_schema_is_refused_and_left_untouched(tmp_path: Path) -> None:
    Store(tmp_path, create=True).close()
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    connection.close()
    before = (tmp_path / FILE).read_bytes()
    for create in (True, False):
        with pytest.raises(HarnessError, match="written by a newer version"):
            Store(tmp_path, create=create)
    assert (tmp_path / FILE).read_bytes() == before


def test_a_schema_before_the_first_release_is_refused_and_left_untouched(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("CREATE TABLE runs (key TEXT PRIMARY KEY, record TEXT NOT NULL)")
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    before = (tmp_path / FILE).read_bytes()
    for create in (True, False):
        with pytest.raises(HarnessError) as error:
            Store(tmp_path, create=create)
        assert str(error.value) == (
            f"{tmp_path} was written by a version of harness that was never released: name another folder."
        )
    assert (tmp_path / FILE).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match=f"is no results folder: it has no {FILE}"):
        Store(tmp_path)
    file = tmp_path / "file"
    file.write_text("not a folder")
    with pytest.raises(HarnessError, match="is no results folder: it is a file"):
        Store(file, create=True)
    with pytest.raises(HarnessError, match="is no results folder: it is a file"):
        Store(file / "below", create=True)


def test_a_file_that_is_not_ours_is_refused_and_left_untouched(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"not a database at all, but long enough to be looked at" * 10)
    with pytest.raises(HarnessError, match="damaged, or no results of harness"):
        Store(tmp_path, create=True)
    (tmp_path / FILE).unlink()
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("CREATE TABLE somebody_elses (thing)")
    connection.close()
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(HarnessError, match="was not written by harness"):
        Store(tmp_path, create=True)
    assert (tmp_path / FILE).read_bytes() == before


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)  # file modes do not bind root, who may run this test
    with pytest.raises(HarnessError, match="is read-only: name another one with --out"):
        Store(tmp_path / "results", create=True)


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    store.add(RECORD)
    store.close()
    reader = Store(tmp_path)
    assert reader.runs()[0].scores == {"MSE": 0.25}
    with pytest.raises(HarnessError, match="cannot be written"):
        reader.add(replace(RECORD, spec=replace(SPEC, seed=1)))
    reader.close()
    assert [path.name for path in tmp_path.iterdir()] == [FILE]  # and leaves nothing behind
