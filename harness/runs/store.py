"""The store: every record of a results folder, in one SQLite file.

Contract:

- A record is on the disk (write-ahead log, synchronous=FULL) before `add` returns, so before anything reports it.
- A record is never changed: adding another with the same key changes nothing.
- Several processes may read and write at once: writers wait for one another.
- A folder that is not one of ours, or that a newer version wrote, is refused and left untouched.
- What is read is data only: JSON and safetensors, never code.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.runs.record import BaselineRecord, Record, RunRecord
from harness.runs.states import keep_state

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

FILE = "runs.sqlite"
SCHEMA = 2
APPLICATION = 0x68726E73  # "hrns": how the file is known to be ours
PATIENCE = 60
"""Seconds to wait for another writer."""

HISTORY = ("curve", "diagnoses", "samples")
"""What of a record tells how training went, kept apart from what tables need."""

_TABLES = """
CREATE TABLE runs (
    key TEXT PRIMARY KEY, cell TEXT NOT NULL, task TEXT NOT NULL, seed INTEGER NOT NULL, status TEXT NOT NULL,
    finished TEXT NOT NULL, record TEXT NOT NULL, history TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE baselines (key TEXT PRIMARY KEY, task TEXT NOT NULL, record TEXT NOT NULL) WITHOUT ROWID;
"""


class Store:
    """The records of a results folder.

    Args:
        folder: the results folder.
        create: whether to make it, if it is not there.

    Raises:
        HarnessError: it is no results folder, cannot be read or written, or was written by a newer version.
    """

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        self.folder = folder
        self._path = folder / FILE
        if create:
            self._make_folder()
        elif not self._path.is_file():
            raise HarnessError(
                f"{folder} is no results folder: it has no {FILE}. `harness run --out {folder}` makes one."
            )
        with self._failures_told():
            self._connection = self._connect() if create else self._connect_to_read()
            self._open(create=create)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def add(self, record: Record) -> None:
        """Make a record durable; one that is already there stays as it is."""
        values = record.as_dict()
        key = record.spec.key
        with self._failures_told():
            if isinstance(record, RunRecord):
                spec = record.spec
                keep_state(self.folder, key, values.pop("state"))
                history = json.dumps({name: values.pop(name) for name in HISTORY})
                row = (key, spec.row, spec.task.label, spec.seed, record.status, record.finished)
                self._connection.execute(
                    "INSERT OR IGNORE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*row, json.dumps(values), history)
                )
            else:
                self._connection.execute(
                    "INSERT OR IGNORE INTO baselines VALUES (?, ?, ?)",
                    (key, record.spec.task.label, json.dumps(values)),
                )

    def keys(self) -> set[str]:
        """The keys of all records, of runs and of baselines."""
        with self._failures_told():
            rows = self._connection.execute("SELECT key FROM runs UNION ALL SELECT key FROM baselines")
            return {key for (key,) in rows}

    def runs(self, keys: Iterable[str] | None = None) -> list[RunRecord]:
        """The run records, all or those with the given keys, in the order in which they were finished."""
        wanted = None if keys is None else set(keys)
        with self._failures_told():
            rows = self._connection.execute("SELECT key, record, history FROM runs ORDER BY finished, key").fetchall()
        return [
            RunRecord.from_dict({**json.loads(record), **json.loads(history)})
            for key, record, history in rows
            if wanted is None or key in wanted
        ]

    def each_run(self) -> Iterator[RunRecord]:
        """All run records in the order of their keys, one after another, so that they need no room together."""
        with self._failures_told():
            for record, history in self._connection.execute("SELECT record, history FROM runs ORDER BY key"):
                yield RunRecord.from_dict({**json.loads(record), **json.loads(history)})

    @contextmanager
    def together(self) -> Iterator[None]:
        """Add many records at once: they are durable when this ends, and none is there if it fails."""
        with self._failures_told():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def run(self, beginning: str) -> RunRecord:
        """The one run whose key begins so.

        Raises:
            HarnessError: there is none, or there are several.
        """
        found = [record for record in self.runs() if record.spec.key.startswith(beginning)]
        if len(found) != 1:
            count = f"{len(found)} runs of {self.folder} begin" if found else f"no run of {self.folder} begins"
            raise HarnessError(f'{count} with "{beginning}": `harness runs {self.folder}` lists all.')
        return found[0]

    def baselines(self) -> list[BaselineRecord]:
        """All baseline records."""
        with self._failures_told():
            rows = self._connection.execute("SELECT record FROM baselines ORDER BY key").fetchall()
        return [BaselineRecord.from_dict(json.loads(record)) for (record,) in rows]

    def _connect(self, parameters: str = "") -> sqlite3.Connection:
        address = self._path.resolve().as_uri() + parameters
        return sqlite3.connect(address, uri=True, timeout=PATIENCE, isolation_level=None)

    def _connect_to_read(self) -> sqlite3.Connection:
        connection = self._connect("?mode=rw")  # SQLite's log is made to read, too, and only a writer takes it away
        try:
            connection.execute("PRAGMA query_only = ON")
            connection.execute("SELECT count(*) FROM sqlite_master")
        except sqlite3.OperationalError:  # a folder where no log can be made, so nobody writes there
            connection.close()
            return self._connect("?mode=ro&immutable=1")
        return connection

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise HarnessError(f"{self.folder} is no results folder: it is a file, or lies below one.") from error
        except OSError as error:
            raise HarnessError(f"the results folder {self.folder} cannot be made: {error.strerror}.") from error
        if not os.access(self.folder, os.W_OK):
            raise HarnessError(f"the results folder {self.folder} is read-only: name another one with --out.")

    def _open(self, *, create: bool) -> None:
        # first the tables: if another process makes them just now, its two numbers are there once they are
        questions = "SELECT count(*) FROM sqlite_master", "PRAGMA application_id", "PRAGMA user_version"
        tables, application, schema = (self._connection.execute(question).fetchone()[0] for question in questions)
        if (tables and application != APPLICATION) or (not tables and not create):
            raise HarnessError(f"{self._path} was not written by harness: name another folder.")
        if schema > SCHEMA:
            raise HarnessError(
                f"{self.folder} was written by a newer version of harness (its schema is {schema}, this version knows "
                f"{SCHEMA}): upgrade cell-harness, or name another folder."
            )
        if tables and schema < SCHEMA:
            raise HarnessError(
                f"{self.folder} was written by a version of harness that was never released: name another folder."
            )
        if create:
            self._prepare_to_write()

    def _prepare_to_write(self) -> None:
        self._write_ahead()
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("BEGIN IMMEDIATE")  # of several processes that come at once, one makes the tables
        if not self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            for statement in filter(str.strip, _TABLES.split(";")):
                self._connection.execute(statement)
            self._connection.execute(f"PRAGMA application_id = {APPLICATION}")
            self._connection.execute(f"PRAGMA user_version = {SCHEMA}")
        self._connection.execute("COMMIT")

    def _write_ahead(self) -> None:
        """Have the log written ahead; SQLite does not wait by itself while another process looks at the file."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                    raise
                time.sleep(0.01)
            else:
                return

    @contextmanager
    def _failures_told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise HarnessError(_explain(self._path, error)) from error


def _explain(path: Path, error: sqlite3.DatabaseError) -> str:
    text = str(error)
    if "not a database" in text or "malformed" in text:
        return f"{path} is damaged, or no results of harness: {text}."
    if "readonly" in text or "unable to open" in text:
        return f"{path} cannot be written: {text}. Name another folder with --out."
    return f"{path} cannot be used: {text}."
