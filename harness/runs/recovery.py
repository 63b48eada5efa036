"""Saving what can be read of a damaged store.

Stores of the schemas since rows have checksums can be recovered, and are brought to today's by that. Of older ones
nobody could tell which rows are what was written.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError
from harness.runs import claims
from harness.runs.durable import sync_folder
from harness.runs.record import BaselineRecord, Record, RunRecord
from harness.runs.states import FOLDER as STATES
from harness.runs.store import FILE
from harness.runs.store.schema import SCHEMA, check_sum, make, outline_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Row = tuple[Any, ...]
BEYOND = 1000
"""Numbers that are tried beyond the last that is known, where it is not known how many there were."""
SMALLEST = 50
"""Bytes that a row takes at least."""
WIDTHS = {"runs": 12, "baselines": 7}
"""Columns of each table."""
SUMMED = 3
"""The first schema whose rows have checksums; their columns are today's."""
OUTLINED = 4
"""The first that has what tables need of the runs."""


@dataclass(frozen=True)
class Recovered:
    """What came of it.

    Attributes:
        rows: of runs and baselines that are safe.
        lost: the keys of those that are known to have been there, and cannot be read or are not what was written.
        aside: where the damaged file lies now; None where nothing was damaged, and nothing was changed.
    """

    rows: int
    lost: tuple[str, ...]
    aside: Path | None


def recover(folder: Path) -> Recovered:
    """Put a store of the rows that are safe in the place of a damaged one, which is kept beside it.

    Raises:
        HarnessError: there is no store, a newer version wrote it, or one so old that its rows have no checksums, or a
            command is running there.
    """
    path = folder / FILE
    if not path.is_file():
        raise HarnessError(f"{folder} is no results folder: it has no {FILE}.")
    if claims.in_use(folder):
        raise HarnessError(f"a command is at work in {folder}: let it end, or end it, and recover then.")
    try:
        with TemporaryDirectory(dir=folder, prefix=".recovering-") as temporary:
            copy = shutil.copy(path, temporary)
            if (log := _beside(path, "-wal")).exists():
                shutil.copy(log, temporary)
            with closing(_Damaged(copy, folder)) as damaged:
                rows, lost, whole = damaged.rows, damaged.lost, damaged.whole
            if whole:
                return Recovered(sum(map(len, rows.values())), (), None)
            new = path.with_name(f".{FILE}.new")
            _write(new, rows)
            return Recovered(sum(map(len, rows.values())), lost, _swap(path, new))
    except OSError as error:
        raise HarnessError(f"{folder} cannot be recovered: {error.strerror}.") from error


class _Damaged:
    """A copy of the damaged file of a folder, read as far as it can be."""

    def __init__(self, copy: str, folder: Path) -> None:
        self._most = sum(path.stat().st_size for path in folder.glob(f"{FILE}*")) // SMALLEST + BEYOND
        self._connection = sqlite3.connect(copy, isolation_level=None)
        self._failed = False
        self._tried(
            lambda: self._connection.execute("PRAGMA writable_schema = ON")
        )  # lets a file that was cut be opened
        schema = self._first("PRAGMA user_version") or SCHEMA
        self._check(schema, folder / FILE)
        self.rows = {table: self._safe(table) for table in WIDTHS}
        known = {key for table in WIDTHS for (key,) in self._all(f"SELECT key FROM {table} INDEXED BY {table}_by_key")}  # noqa: S608
        if self._failed:
            known |= {path.stem for path in (folder / STATES).glob("*.safetensors")}
        self.lost = tuple(sorted(known - {row[2] for rows in self.rows.values() for row in rows}))
        self.whole = not self._failed and self._is_sound() and not self.lost
        self.whole &= self._first("SELECT count(*) FROM sqlite_master") != 0
        self.whole &= schema < OUTLINED or self._is_outlined()

    def _check(self, schema: int, path: Path) -> None:
        """See that a file of this schema can be recovered.

        Raises:
            HarnessError: it cannot.
        """
        if schema > SCHEMA:
            raise HarnessError(
                f"{path} was written by a newer version of harness (its schema is {schema}, this version knows "
                f"{SCHEMA}): upgrade cell-harness to recover it."
            )
        if schema < SUMMED:
            found = "can be read to its end" if self._is_sound() else "is damaged: put a copy in its place"
            raise HarnessError(
                f"{path} was written by an older version of harness (its schema is {schema}), which made no checksums: "
                f"nobody can tell which rows are safe. It {found}."
            )

    def _is_sound(self) -> bool:
        """Whether the file is one that SQLite can read to its end."""
        return bool(self._first("PRAGMA integrity_check") == "ok")

    def _is_outlined(self) -> bool:
        """Whether what tables need of the runs is there, as it was written."""
        own = self._all("SELECT number, attempt, own || cost || disturbance, own_sum FROM outlines")
        sound = {(number, attempt) for number, attempt, text, own_sum in own if check_sum(text) == own_sum}
        kinds = self._all("SELECT content, content_sum FROM kinds")
        return sound == {row[:2] for row in self.rows["runs"]} and all(
            check_sum(text) == known for text, known in kinds
        )

    def close(self) -> None:
        self._connection.close()

    def _safe(self, table: str) -> list[Row]:
        """The rows that are what was written: those before the damage, those behind it, and then number by number."""
        order = f"SELECT * FROM {table} ORDER BY number"  # noqa: S608 - the names are ours
        found = {row[:2]: row for row in self._all(order)}
        found |= {row[:2]: row for row in self._all(f"{order} DESC")}
        if self._failed:
            last = self._first("SELECT seq FROM sqlite_sequence") or max((n for n, _ in found), default=0) + BEYOND
            last = min(last, self._most)  # it may be damaged, too
            seen = {number for number, _ in found}
            for number in set(range(1, last + 1)) - seen:
                found |= {row[:2]: row for row in self._all(f"SELECT * FROM {table} WHERE number = {number}")}  # noqa: S608
        safe = [row for _, row in sorted(found.items()) if _is_safe(table, row)]
        self._failed |= len(safe) < len(found)
        return safe

    def _all(self, question: str) -> Iterator[Row]:
        """The rows that come before something that cannot be read."""
        try:
            yield from self._connection.execute(question)
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            self._failed = True

    def _first(self, question: str) -> Any:  # noqa: ANN401 - whatever is asked for
        return next(self._all(question), (None,))[0]

    def _tried(self, call: Callable[[], object]) -> None:
        with suppress(sqlite3.DatabaseError):
            call()


def _is_safe(table: str, row: Row) -> bool:
    """Whether a row is what was written."""
    texts = row[-4:] if table == "runs" else row[-2:]  # each before its sum
    told: Record
    try:
        values = [json.loads(text) for text in texts[::2]]
        told = RunRecord.from_dict(values[0] | values[1]) if table == "runs" else BaselineRecord.from_dict(values[0])
        return told.attempt == row[1] and all(check_sum(text) == texts[2 * i + 1] for i, text in enumerate(texts[::2]))
    except (AttributeError, KeyError, TypeError, ValueError):
        return False


def _write(path: Path, rows: dict[str, list[Row]]) -> None:
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN")
        make(connection)
        for table, width in WIDTHS.items():
            marks = ", ".join("?" * width)
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows[table])  # noqa: S608
            connection.execute(f"INSERT OR IGNORE INTO claims (number, key) SELECT number, key FROM {table}")  # noqa: S608
        outline_all(connection)
        connection.execute("COMMIT")


def _swap(path: Path, new: Path) -> Path:
    """Put the new file in the place of the damaged one; its log, too, is kept, and is none of the new one's."""
    number = 1
    while (aside := _beside(path, f".damaged-{number}")).exists():
        number += 1
    os.link(path, aside)
    if (log := _beside(path, "-wal")).exists():
        log.replace(_beside(aside, "-wal"))
    _beside(path, "-shm").unlink(missing_ok=True)
    new.replace(path)
    sync_folder(path.parent)
    return aside


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)
