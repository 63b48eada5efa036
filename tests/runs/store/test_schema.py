"""Folders that other versions wrote."""

from __future__ import annotations

import json
import math
import sqlite3
from contextlib import closing
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import pytest
from stored import RECORD, SPEC, TASK

from harness.errors import HarnessError
from harness.runs.store import FILE, Store, schema
from harness.runs.store.schema import APPLICATION, SCHEMA, _to_2, _to_3

if TYPE_CHECKING:
    from pathlib import Path


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


FIRST = """
CREATE TABLE runs (
    key TEXT PRIMARY KEY, cell TEXT NOT NULL, task TEXT NOT NULL, seed INTEGER NOT NULL, status TEXT NOT NULL,
    finished TEXT NOT NULL, record TEXT NOT NULL, {history} TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE baselines (key TEXT PRIMARY KEY, task TEXT NOT NULL, record TEXT NOT NULL) WITHOUT ROWID;
"""
POINT = {"step": 1, "seconds": 0.5, "loss": 2.0, "scores": {"MSE": 0.25}}


def older(folder: Path, schema: int) -> None:
    """A folder as versions with that schema wrote it."""
    if schema == 3:  # the tables of today without the last ones
        older(folder, 2)
        Store(folder, create=True).close()
        with closing(sqlite3.connect(folder / FILE)) as connection:
            connection.executescript("PRAGMA journal_mode = DELETE; DROP TABLE outlines; DROP TABLE kinds;")
            connection.execute("PRAGMA user_version = 3")
        return
    specs = [{**asdict(replace(SPEC, seed=seed)), "plugins": []} for seed in range(3)]
    history = {"curve": [POINT], "diagnoses": [], "samples": []}
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.executescript(FIRST.format(history="curve" if schema == 1 else "history"))
        for seed, spec in enumerate(specs):
            known = {name: value for name, value in spec.items() if (name, schema) != ("changes", 1)}
            record = {"spec": known, "status": "finished", "scores": {"MSE": seed / 4}, "finished": f"200{9 - seed}"}
            row = (f"{9 - seed:04}", "lstm", "adding", seed, "finished", f"200{9 - seed}", json.dumps(record))
            told = json.dumps([POINT] if schema == 1 else history)
            connection.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*row, told))
        for reason in ("", "ValueError"):
            spec = {"task": asdict(replace(TASK, version=reason)), "data": "generated", "plugins": []}
            record = {"spec": spec, "reason": reason, "baselines": [{"name": "constant", "scores": {"MSE": math.nan}}]}
            connection.execute("INSERT INTO baselines VALUES (?, ?, ?)", (f"f{reason}", "adding", json.dumps(record)))
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {schema}")
        connection.commit()


@pytest.mark.parametrize("schema", range(1, SCHEMA))
def test_an_older_schema_is_read_as_it_is_and_brought_to_todays_by_a_writer(schema: int, tmp_path: Path) -> None:
    older(tmp_path, schema)
    before = (tmp_path / FILE).read_bytes()
    with closing(Store(tmp_path)) as reader:
        read = reader.runs()
        baselines = reader.baselines()
    assert (tmp_path / FILE).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    assert [record.scores["MSE"] for record in read] == [0.5, 0.25, 0.0]  # in the order in which they had been finished
    assert [(record.spec, record.attempt) for record in read] == [(replace(SPEC, seed=seed), 1) for seed in (2, 1, 0)]
    assert {name: read[0].curve[0][name] for name in POINT} == POINT
    assert [record.reason for record in baselines] == ["", "ValueError"]
    with closing(Store(tmp_path)) as reader:
        outlines = reader.outlines()
    assert [(one.spec.seed, one.scores, one.status) for one in outlines] == [
        (one.spec.seed, one.scores, one.status) for one in read
    ]
    assert [one.spec.key for one in outlines] == ["0007", "0008", "0009"]
    with closing(Store(tmp_path, create=True)) as writer:
        assert writer.runs()[0].scores == read[0].scores
        assert writer.keys() == {"0007", "0008", "0009", "f", "fValueError"}
        assert writer.keys(attempts=2) == {"0007", "0008", "0009", "f"}
        writer.add(replace(RECORD, spec=replace(SPEC, seed=7)))
        assert [record.spec.seed for record in writer.runs()] == [2, 1, 0, 7]
    with closing(Store(tmp_path)) as reader:
        assert [str(record) for record in reader.runs()[:3]] == [str(record) for record in read]


def test_a_migration_that_is_broken_off_leaves_the_older_schema(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older(tmp_path, 1)

    def broken(connection: sqlite3.Connection) -> None:
        _to_3(connection)
        raise KeyboardInterrupt

    monkeypatch.setattr(schema, "_STEPS", (_to_2, broken))
    with pytest.raises(KeyboardInterrupt):
        Store(tmp_path, create=True)
    monkeypatch.undo()
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    assert len(Store(tmp_path, create=True).runs()) == 3
