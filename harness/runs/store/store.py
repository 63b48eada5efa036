"""What is done with the records of a results folder; the contract stands in the docstring of the package."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from harness.errors import HarnessError
from harness.runs.claims import Owner
from harness.runs.record import PASSING, BaselineRecord, Record, RunRecord
from harness.runs.states import forget, keep_state
from harness.runs.store import rows, survey
from harness.runs.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from harness.runs.spec import RunSpec, Spec

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
        self._owner: Owner | None = None
        self._database = Database(folder, create=create)

    def close(self) -> None:
        """Let go of the file, and of what was claimed."""
        if self._owner:
            self._owner.leave()  # which is what frees its claims
        self._database.close()

    def claim(self, spec: Spec, attempts: int = 1) -> Claim:
        """Ask for a run, for this store's user alone until it adds the record or closes.

        Args:
            spec: the run.
            attempts: how many there may be, if they fail in a way that another may not.
        """
        connection = self._database.connection
        with self._database.failures_told():
            self._owner = self._owner or Owner(self.folder)
        with self.together(synced=False):  # nothing is lost with it: whoever asks next gets the run
            last = self._last(spec.key)
            if last and not (last[1] in PASSING and last[0] < attempts):
                return "done"
            row = connection.execute("SELECT owner FROM claims WHERE key = ?", (spec.key,)).fetchone()
            if row and row[0] and row[0] != self._owner.name and self._owner.sees(row[0]):
                return "held"
            connection.execute(
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
        key, connection = record.spec.key, self._database.connection
        with self.together():
            number, owner = connection.execute(
                "INSERT INTO claims (key) VALUES (?) ON CONFLICT DO UPDATE SET key = key RETURNING number, owner",
                (key,),
            ).fetchone()
            last = self._last(key)
            if last and not (owner and self._owner and owner == self._owner.name):
                return self.records([record.spec])[0]
            record = replace(record, attempt=last[0] + 1 if last else 1)
            if isinstance(record, RunRecord):
                keep_state(self.folder, key, record.state)
            rows.insert(connection, number, record)
            connection.execute("UPDATE claims SET owner = NULL WHERE key = ?", (key,))
        if record.status not in PASSING:  # another attempt goes on from there
            forget(self.folder, key)
        return record

    def reserve(self, keys: Iterable[str]) -> None:
        """Have records that will be added stand in this order."""
        with self.together():
            self._database.connection.executemany(
                "INSERT INTO claims (key) VALUES (?) ON CONFLICT DO NOTHING", ((key,) for key in keys)
            )

    @contextmanager
    def together(self, *, synced: bool = True) -> Iterator[None]:
        """Write several things at once: they are durable when this ends, and none is there if it fails.

        Args:
            synced: whether they have to outlast a loss of power.
        """
        with self._database.together(synced=synced):
            yield

    def keys(self, attempts: int = 1) -> set[str]:
        """The keys of runs and baselines that need not be run again, if there may be so many attempts."""
        ended = self._database.all(
            "SELECT key, attempt, status FROM runs UNION ALL SELECT key, attempt, status FROM baselines"
        )
        return {key for key, attempt, status in ended if status not in PASSING or attempt >= attempts}

    def order(self) -> list[str]:
        """The keys of all records, in the order in which they were first claimed."""
        numbered = self._database.all(
            "SELECT number, key FROM runs UNION SELECT number, key FROM baselines ORDER BY number"
        )
        return [key for _, key in numbered]

    def runs(self, keys: Iterable[str] | None = None) -> list[RunRecord]:
        """The last record of each run, all or those with the given keys, in the order in which they were claimed."""
        wanted = None if keys is None else set(keys)
        found = self._database.all(f"SELECT {rows.RUN} FROM runs ORDER BY number, attempt")  # noqa: S608 - our columns
        last = {row[0]: row for row in found if wanted is None or row[0] in wanted}
        return [rows.read_run(self._database.path, *row) for row in last.values()]

    def each_run(self) -> Iterator[RunRecord]:
        """All run records in the order of their keys, one after another, so that they need no room together."""
        last = "attempt = (SELECT max(attempt) FROM runs WHERE key = one.key)"
        for row in self._database.all(f"SELECT {rows.RUN} FROM runs AS one WHERE {last} ORDER BY key"):  # noqa: S608
            yield rows.read_run(self._database.path, *row)

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
        found = self._database.all(f"SELECT {rows.BASELINE} FROM baselines ORDER BY number, attempt")  # noqa: S608
        last = {row[0]: row for row in found}
        return [rows.read_baseline(self._database.path, *row) for row in last.values()]

    def records(self, specs: Iterable[Spec]) -> list[Record]:
        """What there is of some runs and baselines."""
        keys = {spec.key for spec in specs}
        if not keys:
            return []
        return [*self.runs(keys), *(record for record in self.baselines() if record.spec.key in keys)]

    def outlines(self, keys: Iterable[str] | None = None) -> list[RunRecord]:
        """The same as `runs`, but without what tables do not need, and so in a tenth of the time and room."""
        return survey.outlines(self._database, None if keys is None else set(keys))

    def times(self) -> list[tuple[RunSpec, float, int]]:
        """Of each kind of run that finished: one of its specs, the mean of how long it took in seconds, how many."""
        return survey.times(self._database)

    def _last(self, key: str) -> tuple[int, str] | None:
        """The last attempt at a run, and how it ended."""
        found: tuple[int, str] | None = self._database.connection.execute(
            "SELECT attempt, status FROM runs WHERE key = :key UNION ALL"
            " SELECT attempt, status FROM baselines WHERE key = :key ORDER BY attempt DESC",
            {"key": key},
        ).fetchone()
        return found
