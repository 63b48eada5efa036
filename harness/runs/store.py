"""The store: every record of a results folder, in one SQLite file.

Contract:

- A record is on the disk (write-ahead log, synchronous=FULL; its weights before it) before `add` returns, so before
  anything reports it.
- A record is never changed. A run that failed may be tried again: that adds a record, an attempt; the last one counts.
- Several processes may read and write at once: writers wait for one another. `claim` gives a run to one of several
  commands only; if that command ends without a record, however it ends, the next one that asks gets the run.
- Records come in the order in which their runs were first claimed, whatever a clock says and however often they were
  interrupted.
- A folder of an older schema is brought to today's in one transaction when somebody writes, and is read until then.
- A folder that is not one of ours, or that a newer version wrote, is refused and left untouched.
- What is read is data only, JSON and safetensors, never code; each row has a checksum, so that damage is told.

All this holds for the processes of one machine: SQLite's log is not for network file systems.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from harness.errors import HarnessError
from harness.runs.claims import Owner
from harness.runs.durable import make_folder
from harness.runs.outline import HISTORY, Kind, Outline, decode, uncollected
from harness.runs.record import PASSING, BaselineRecord, Record, RunRecord
from harness.runs.schema import APPLICATION, SCHEMA, check_sum, insert_outline, make, migrate
from harness.runs.states import FOLDER as STATES
from harness.runs.states import forget, keep_state, sweep_up

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from harness.runs.spec import RunSpec, Spec

FILE = "runs.sqlite"
PATIENCE = 60
"""Seconds to wait for another writer."""
Claim = Literal["taken", "done", "held"]
"""What came of asking for a run: it is ours to do; its record is there; or another command is at it."""


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
        self._owner: Owner | None = None
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
        """Let go of the file, and of what was claimed."""
        if self._owner:
            self._owner.leave()  # which is what frees its claims
        self._connection.close()

    def claim(self, spec: Spec, attempts: int = 1) -> Claim:
        """Ask for a run, for this store's user alone until it adds the record or closes.

        Args:
            spec: the run.
            attempts: how many there may be, if they fail in a way that another may not.
        """
        with self._failures_told():
            self._owner = self._owner or Owner(self.folder)
        with self.together(synced=False):  # nothing is lost with it: whoever asks next gets the run
            last = self._last(spec.key)
            if last and not (last[1] in PASSING and last[0] < attempts):
                return "done"
            row = self._connection.execute("SELECT owner FROM claims WHERE key = ?", (spec.key,)).fetchone()
            if row and row[0] and row[0] != self._owner.name and self._owner.sees(row[0]):
                return "held"
            self._connection.execute(
                "INSERT INTO claims (key, owner) VALUES (?, ?) ON CONFLICT DO UPDATE SET owner = excluded.owner",
                (spec.key, self._owner.name),
            )
            return "taken"

    def add(self, record: Record) -> Record:
        """Make a record durable.

        Returns:
            What the store has: this record as the first attempt, or as the next one where the run was claimed for it;
            the one that was there, unchanged, where it was not claimed.
        """
        key = record.spec.key
        with self.together():
            number, owner = self._connection.execute(
                "INSERT INTO claims (key) VALUES (?) ON CONFLICT DO UPDATE SET key = key RETURNING number, owner",
                (key,),
            ).fetchone()
            last = self._last(key)
            if last and not (owner and self._owner and owner == self._owner.name):
                return self.records([record.spec])[0]
            record = replace(record, attempt=last[0] + 1 if last else 1)
            self._insert(number, record)
            self._connection.execute("UPDATE claims SET owner = NULL WHERE key = ?", (key,))
        if record.status not in PASSING:  # another attempt goes on from there
            forget(self.folder, key)
        return record

    def keys(self, attempts: int = 1) -> set[str]:
        """The keys of runs and baselines that need not be run again, if there may be so many attempts."""
        with self._failures_told():
            rows = self._connection.execute(
                "SELECT key, attempt, status FROM runs UNION ALL SELECT key, attempt, status FROM baselines"
            )
            return {key for key, attempt, status in rows if status not in PASSING or attempt >= attempts}

    def runs(self, keys: Iterable[str] | None = None) -> list[RunRecord]:
        """The last record of each run, all or those with the given keys, in the order in which they were claimed."""
        wanted = None if keys is None else set(keys)
        with self._failures_told():
            rows = self._connection.execute(
                "SELECT key, record, record_sum, history, history_sum FROM runs ORDER BY number, attempt"
            )
            last = {key: texts for key, *texts in rows if wanted is None or key in wanted}
        return [self._run(key, *texts) for key, texts in last.items()]

    def records(self, specs: Iterable[Spec]) -> list[Record]:
        """What there is of some runs and baselines."""
        keys = {spec.key for spec in specs}
        if not keys:
            return []
        return [*self.runs(keys), *(record for record in self.baselines() if record.spec.key in keys)]

    def outlines(self, keys: Iterable[str] | None = None) -> list[RunRecord]:
        """The same as `runs`, but without what tables do not need, and so in a tenth of the time and room."""
        wanted = None if keys is None else set(keys)
        with self._failures_told():
            kinds = dict(self._kinds())
            rows = self._connection.execute(
                "SELECT key, kind, own, cost, disturbance, own_sum FROM outlines ORDER BY number, attempt"
            )
            found: dict[str, RunRecord] = {}
            with uncollected():
                for key, of, *texts, own_sum in rows:
                    if wanted is None or key in wanted:
                        found[key] = self._outline(key, kinds[of], texts, own_sum)
        return list(found.values())

    def times(self) -> list[tuple[RunSpec, float, int]]:
        """Of each kind of run that finished: one of its specs, the mean of how long it took in seconds, how many."""
        with self._failures_told():
            kinds = dict(self._kinds())
            found = []
            for places in {json.dumps(of.places): of.places for of in kinds.values()}.values():
                status, elapsed, seconds = (
                    f"json_extract(own, '$[{places.get(name, 0)}]')" for name in ("status", "elapsed", "seconds")
                )
                rows = self._connection.execute(
                    f"SELECT kind, avg(coalesce({elapsed}, {seconds})), count(*) FROM outlines"  # noqa: S608 - numbers
                    f" WHERE {status} = 'finished' GROUP BY kind"
                )
                found += [(kinds[n].record.spec, mean, count) for n, mean, count in rows if kinds[n].places == places]
        return [row for row in found if row[1] is not None]

    def each_run(self) -> Iterator[RunRecord]:
        """All run records in the order of their keys, one after another, so that they need no room together."""
        with self._failures_told():
            rows = self._connection.execute(
                "SELECT key, record, record_sum, history, history_sum FROM runs AS one WHERE attempt ="
                " (SELECT max(attempt) FROM runs WHERE key = one.key) ORDER BY key"
            )
            for row in rows:
                yield self._run(*row)

    def order(self) -> list[str]:
        """The keys of all records, in the order in which they were first claimed."""
        with self._failures_told():
            rows = self._connection.execute(
                "SELECT number, key FROM runs UNION SELECT number, key FROM baselines ORDER BY number"
            )
            return [key for _, key in rows]

    def reserve(self, keys: Iterable[str]) -> None:
        """Have records that will be added stand in this order."""
        with self.together():
            self._connection.executemany(
                "INSERT INTO claims (key) VALUES (?) ON CONFLICT DO NOTHING", ((k,) for k in keys)
            )

    @contextmanager
    def together(self, *, synced: bool = True) -> Iterator[None]:
        """Write several things at once: they are durable when this ends, and none is there if it fails.

        Args:
            synced: whether they have to outlast a loss of power.
        """
        with self._failures_told():
            within = self._connection.in_transaction
            if within:
                yield
                return
            self._connection.execute(f"PRAGMA synchronous = {'FULL' if synced else 'NORMAL'}")
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

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
        """The last record of each task's baselines."""
        with self._failures_told():
            rows = self._connection.execute("SELECT key, record, record_sum FROM baselines ORDER BY number, attempt")
            last = {key: texts for key, *texts in rows}
        return [self._baseline(key, *texts) for key, texts in last.items()]

    def _last(self, key: str) -> tuple[int, str] | None:
        """The last attempt at a run, and how it ended."""
        found: tuple[int, str] | None = self._connection.execute(
            "SELECT attempt, status FROM runs WHERE key = :key UNION ALL"
            " SELECT attempt, status FROM baselines WHERE key = :key ORDER BY attempt DESC",
            {"key": key},
        ).fetchone()
        return found

    def _insert(self, number: int, record: Record) -> None:
        spec, values = record.spec, record.as_dict()
        if isinstance(record, BaselineRecord):
            text = json.dumps(values)
            row = (number, record.attempt, spec.key, spec.task.label, record.status, text, check_sum(text))
            self._connection.execute("INSERT INTO baselines VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            return
        keep_state(self.folder, spec.key, values.pop("state"))
        history = json.dumps({name: values.pop(name) for name in HISTORY})
        text = json.dumps(values)
        named = (spec.key, record.spec.row, spec.task.label, record.spec.seed, record.status, record.finished)
        self._connection.execute(
            "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (number, record.attempt, *named, text, check_sum(text), history, check_sum(history)),
        )
        insert_outline(self._connection, number, spec.key, record)

    def _run(self, key: str, record: str, record_sum: int, history: str, history_sum: int) -> RunRecord:
        with self._damage_told(key, (record, record_sum), (history, history_sum)):
            return RunRecord.from_dict({**json.loads(record), **json.loads(history)})

    def _kinds(self) -> Iterator[tuple[int, Kind]]:
        for number, text, content_sum in self._connection.execute("SELECT kind, content, content_sum FROM kinds"):
            if check_sum(text) != content_sum:
                raise self._damaged("what some runs share")
            yield number, Kind.read(text)

    def _outline(self, key: str, of: Kind, texts: list[str], own_sum: int) -> Outline:
        if check_sum("".join(texts)) != own_sum:
            raise self._damaged(f"the record of run {key}")
        own, *packed = texts
        return Outline(of, key, decode(own) + packed)

    def _baseline(self, key: str, record: str, record_sum: int) -> BaselineRecord:
        with self._damage_told(key, (record, record_sum)):
            return BaselineRecord.from_dict(json.loads(record))

    def _damaged(self, what: str) -> HarnessError:
        mend = f"`harness recover {self.folder}` keeps the rows that are safe"
        return HarnessError(f"{self._path} is damaged: {what} is not what was written. {mend}.")

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
            make_folder(self.folder)
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
        if not tables and any((self.folder / STATES).glob("*")):
            raise HarnessError(
                f"{self._path} is empty, but there are weights of runs beside it: it was cut off. `harness recover "
                f"{self.folder}` puts it aside."
            )
        if (tables and application != APPLICATION) or (not tables and not create):
            raise HarnessError(f"{self._path} was not written by harness: name another folder.")
        if schema > SCHEMA:
            raise HarnessError(
                f"{self.folder} was written by a newer version of harness (its schema is {schema}, this version knows "
                f"{SCHEMA}): upgrade cell-harness, or name another folder."
            )
        if create:
            self._prepare_to_write()
        elif schema < SCHEMA:
            self._read_a_copy(schema)

    def _read_a_copy(self, schema: int) -> None:
        """Whoever only reads changes nothing: an older schema is brought to today's in memory."""
        copy = sqlite3.connect(":memory:", isolation_level=None)
        self._connection.backup(copy)
        self._connection.close()
        migrate(copy, schema)
        copy.execute("PRAGMA query_only = ON")
        self._connection = copy

    def _prepare_to_write(self) -> None:
        self._write_ahead()
        with self.together():  # of several processes that come at once, one makes the tables
            schema = self._connection.execute("PRAGMA user_version").fetchone()[0]
            if not self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                make(self._connection)
            elif schema < SCHEMA:
                migrate(self._connection, schema)
            sweep_up(self.folder)

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
        except OSError as error:
            raise HarnessError(f"{error.filename or self.folder} cannot be used: {error.strerror}.") from error

    @contextmanager
    def _damage_told(self, key: str, *texts: tuple[str, int]) -> Iterator[None]:
        if any(check_sum(text) != expected for text, expected in texts):
            raise self._damaged(f"the record of run {key}")
        try:
            yield
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise HarnessError(f"{self._path} was not written by harness: the record of run {key} is none.") from error


def _explain(path: Path, error: sqlite3.DatabaseError) -> str:
    text = str(error)
    if any(sign in text for sign in ("not a database", "malformed", "Could not decode")):
        mend = f"`harness recover {path.parent}` keeps the rows of it that are safe"
        return f"{path} is damaged, or no results of harness: {text[:80]}. {mend}."
    if "full" in text or "I/O error" in text:
        go_on = "What was reported is safe; once there is room, the same command goes on"
        return f"{path} cannot be written: {text}. {go_on}."
    if "readonly" in text or "unable to open" in text:
        return f"{path} cannot be written: {text}. Name another folder with --out."
    return f"{path} cannot be used: {text}."
