"""The file of a store: questions, transactions, and what goes wrong with them in a sentence."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError
from harness.runs.states import sweep_up
from harness.runs.store.opening import (
    bring_to_today,
    connect,
    connect_to_read,
    copy_of_today,
    known_schema,
    make_writable,
    write_ahead,
)
from harness.runs.store.schema import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE = "runs.sqlite"
Row = tuple[Any, ...]


class Database:
    """The SQLite file of a results folder.

    Args:
        folder: the results folder.
        create: whether to make it, if it is not there; otherwise it is only read.

    Raises:
        HarnessError: it is no results folder, cannot be read or written, or was written by a newer version.
    """

    def __init__(self, folder: Path, *, create: bool) -> None:
        self.path = folder / FILE
        if create:
            make_writable(folder)
        elif not self.path.is_file():
            raise HarnessError(
                f"{folder} is no results folder: it has no {FILE}. `harness run --out {folder}` makes one."
            )
        with self.failures_told():
            self.connection = connect(self.path) if create else connect_to_read(self.path)
            schema = known_schema(self.connection, self.path, create=create)
            if create:
                write_ahead(self.connection)
                with self.together():  # of several processes that come at once, one makes the tables
                    bring_to_today(self.connection)
                    sweep_up(folder)
            elif schema < SCHEMA:
                self.connection = copy_of_today(self.connection, schema)

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()

    def all(self, question: str) -> Iterator[Row]:
        """The rows of an answer, one after another."""
        with self.failures_told():
            yield from self.connection.execute(question)

    @contextmanager
    def together(self, *, synced: bool = True) -> Iterator[None]:
        """Write several things at once: they are durable when this ends, and none is there if it fails.

        Args:
            synced: whether they have to outlast a loss of power.
        """
        with self.failures_told():
            within = self.connection.in_transaction
            if within:
                yield
                return
            self.connection.execute(f"PRAGMA synchronous = {'FULL' if synced else 'NORMAL'}")
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.connection.execute("COMMIT")
            finally:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")

    @contextmanager
    def failures_told(self) -> Iterator[None]:
        """Say what SQLite or the system fails with in a sentence.

        Raises:
            HarnessError: one of them did.
        """
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise HarnessError(_explained(self.path, error)) from error
        except OSError as error:
            raise HarnessError(f"{error.filename or self.path.parent} cannot be used: {error.strerror}.") from error


def _explained(path: Path, error: sqlite3.DatabaseError) -> str:
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
