"""The tables of the store, and the way from those of older versions to those of today."""

from __future__ import annotations

import json
import math
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.runs.record import RunRecord
from harness.runs.store.outline import kind_text, own_texts

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

SCHEMA = 4
APPLICATION = 0x68726E73
"""How the file is known to be ours: "hrns"."""

TABLES = """
CREATE TABLE claims (number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, owner TEXT);
CREATE TABLE runs (
    number INTEGER NOT NULL, attempt INTEGER NOT NULL, key TEXT NOT NULL, cell TEXT NOT NULL, task TEXT NOT NULL,
    seed INTEGER NOT NULL, status TEXT NOT NULL, finished TEXT NOT NULL, record TEXT NOT NULL,
    record_sum INTEGER NOT NULL, history TEXT NOT NULL, history_sum INTEGER NOT NULL, PRIMARY KEY (number, attempt)
) WITHOUT ROWID;
CREATE INDEX runs_by_key ON runs (key, attempt, status);
CREATE TABLE baselines (
    number INTEGER NOT NULL, attempt INTEGER NOT NULL, key TEXT NOT NULL, task TEXT NOT NULL, status TEXT NOT NULL,
    record TEXT NOT NULL, record_sum INTEGER NOT NULL, PRIMARY KEY (number, attempt)
) WITHOUT ROWID;
CREATE INDEX baselines_by_key ON baselines (key, attempt, status);
"""
OUTLINES = """
CREATE TABLE IF NOT EXISTS kinds (
    kind INTEGER PRIMARY KEY, content TEXT NOT NULL UNIQUE, content_sum INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS outlines (
    number INTEGER NOT NULL, attempt INTEGER NOT NULL, key TEXT NOT NULL, kind INTEGER NOT NULL, own TEXT NOT NULL,
    cost TEXT NOT NULL, disturbance TEXT NOT NULL, own_sum INTEGER NOT NULL, PRIMARY KEY (number, attempt)
) WITHOUT ROWID;
"""
"""`claims` numbers whatever was handed out, in that order, and says which command runs it now. `runs` and `baselines`
lie in the order of those numbers, which no clock can disturb; a run that was tried again has a row for each attempt.
`outlines` has of each row of `runs` what tables need, in a tenth of the room; what runs share is in `kinds`, once. The
sums are CRC-32, so that a row that was damaged is told from one that was not."""


def make(connection: sqlite3.Connection) -> None:
    """Make the tables, in the transaction that is open."""
    for statement in filter(str.strip, (TABLES + OUTLINES).split(";")):
        connection.execute(statement)
    _stamp(connection)


def migrate(connection: sqlite3.Connection, schema: int) -> None:
    """Bring the tables of an older schema to today's, in the transaction that is open."""
    for step in _STEPS[schema - 1 :]:
        step(connection)
    _stamp(connection)


def check_sum(text: str) -> int:
    """What tells that a text is the one that was written."""
    return zlib.crc32(text.encode())


def insert_outline(connection: sqlite3.Connection, number: int, key: str, record: RunRecord) -> None:
    """Write what tables need of a record."""
    content, texts = kind_text(record), own_texts(record)
    connection.execute(
        "INSERT OR IGNORE INTO kinds (content, content_sum) VALUES (?, ?)", (content, check_sum(content))
    )
    connection.execute(
        "INSERT INTO outlines SELECT ?, ?, ?, kind, ?, ?, ?, ? FROM kinds WHERE content = ?",
        (number, record.attempt, key, *texts, check_sum("".join(texts)), content),
    )


def outline_all(connection: sqlite3.Connection) -> None:
    """Write what tables need of all records that are there."""
    for number, attempt, key, text in connection.execute("SELECT number, attempt, key, record FROM runs"):
        insert_outline(connection, number, key, replace(RunRecord.from_dict(json.loads(text)), attempt=attempt))


def _stamp(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {SCHEMA}")


def _to_2(connection: sqlite3.Connection) -> None:
    """Runs got a history, of which there had been the curve alone, and specs what was changed in the recipe."""
    connection.execute("ALTER TABLE runs RENAME COLUMN curve TO history")
    for key, record, curve in connection.execute("SELECT key, record, history FROM runs").fetchall():
        values = json.loads(record)
        values["spec"]["changes"] = []
        points = [{"gradient_norm": math.nan, "clipped": math.nan, **point} for point in json.loads(curve)]
        history = {"curve": points, "diagnoses": [], "samples": []}
        row = (json.dumps(values), json.dumps(history), key)
        connection.execute("UPDATE runs SET record = ?, history = ? WHERE key = ?", row)


def _to_3(connection: sqlite3.Connection) -> None:
    """Rows got a number, an attempt and sums; the order was that of the clock until then."""
    connection.create_function("check_sum", 1, check_sum, deterministic=True)
    connection.create_function("ended", 1, lambda record: "failed" if json.loads(record)["reason"] else "finished")
    connection.execute("ALTER TABLE runs RENAME TO old_runs")
    connection.execute("ALTER TABLE baselines RENAME TO old_baselines")
    make(connection)
    connection.execute("INSERT INTO claims (key) SELECT key FROM old_runs ORDER BY finished, key")
    connection.execute("INSERT INTO claims (key) SELECT key FROM old_baselines ORDER BY key")
    connection.execute(
        "INSERT INTO runs SELECT number, 1, key, cell, task, seed, status, finished, record, check_sum(record),"
        " history, check_sum(history) FROM old_runs JOIN claims USING (key)"
    )
    connection.execute(
        "INSERT INTO baselines SELECT number, 1, key, task, ended(record), record, check_sum(record) FROM old_baselines"
        " JOIN claims USING (key)"
    )
    connection.execute("DROP TABLE old_runs")
    connection.execute("DROP TABLE old_baselines")


def _to_4(connection: sqlite3.Connection) -> None:
    """Runs got outlines."""
    for statement in filter(str.strip, OUTLINES.split(";")):
        connection.execute(statement)
    outline_all(connection)


_STEPS: tuple[Callable[[sqlite3.Connection], Any], ...] = (_to_2, _to_3, _to_4)
"""From each schema to the next, the first one first."""
