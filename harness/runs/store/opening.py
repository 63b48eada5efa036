"""Opening the file of a store: it is ours, and of a schema that we know, before anything is read or written."""

from __future__ import annotations

import os
import sqlite3
import time
from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.runs.durable import make_folder
from harness.runs.states import FOLDER as STATES
from harness.runs.store.schema import APPLICATION, SCHEMA, make, migrate

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE = 60
"""Seconds to wait for another writer."""


def make_writable(folder: Path) -> None:
    """Make a results folder, where there is none.

    Raises:
        HarnessError: it cannot be made, or not be written to.
    """
    try:
        make_folder(folder)
    except (FileExistsError, NotADirectoryError) as error:
        raise HarnessError(f"{folder} is no results folder: it is a file, or lies below one.") from error
    except OSError as error:
        raise HarnessError(f"the results folder {folder} cannot be made: {error.strerror}.") from error
    if not os.access(folder, os.W_OK):
        raise HarnessError(f"the results folder {folder} is read-only: name another one with --out.")


def connect(path: Path, parameters: str = "") -> sqlite3.Connection:
    """A connection that may write; the file is made where there is none."""
    address = path.resolve().as_uri() + parameters
    return sqlite3.connect(address, uri=True, timeout=PATIENCE, isolation_level=None)


def connect_to_read(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing."""
    connection = connect(path, "?mode=rw")  # SQLite's log is made to read, too, and only a writer takes it away
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("SELECT count(*) FROM sqlite_master")
    except sqlite3.OperationalError:  # a folder where no log can be made, so nobody writes there
        connection.close()
        return connect(path, "?mode=ro&immutable=1")
    return connection


def known_schema(connection: sqlite3.Connection, path: Path, *, create: bool) -> int:
    """The schema of a file.

    Args:
        connection: to it.
        path: where it is.
        create: whether it may have no tables yet.

    Raises:
        HarnessError: it is not ours, a newer version wrote it, or it was cut off.
    """
    # first the tables: if another process makes them just now, its two numbers are there once they are
    questions = "SELECT count(*) FROM sqlite_master", "PRAGMA application_id", "PRAGMA user_version"
    tables, application, schema = (connection.execute(question).fetchone()[0] for question in questions)
    if not tables and any((path.parent / STATES).glob("*")):
        raise HarnessError(
            f"{path} is empty, but there are weights of runs beside it: it was cut off. `harness recover "
            f"{path.parent}` puts it aside."
        )
    if (tables and application != APPLICATION) or (not tables and not create):
        raise HarnessError(f"{path} was not written by harness: name another folder.")
    if schema > SCHEMA:
        raise HarnessError(
            f"{path.parent} was written by a newer version of harness (its schema is {schema}, this version knows "
            f"{SCHEMA}): upgrade cell-harness, or name another folder."
        )
    return int(schema)


def write_ahead(connection: sqlite3.Connection) -> None:
    """Have the log written ahead; SQLite does not wait by itself while another process looks at the file."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(0.01)
        else:
            return


def bring_to_today(connection: sqlite3.Connection) -> None:
    """Make the tables of today's schema, or of those of an older one, in the transaction that is open."""
    schema = connection.execute("PRAGMA user_version").fetchone()[0]
    if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        make(connection)
    elif schema < SCHEMA:
        migrate(connection, schema)


def copy_of_today(connection: sqlite3.Connection, schema: int) -> sqlite3.Connection:
    """Whoever only reads changes nothing: an older schema is brought to today's in memory."""
    copy = sqlite3.connect(":memory:", isolation_level=None)
    connection.backup(copy)
    connection.close()
    migrate(copy, schema)
    copy.execute("PRAGMA query_only = ON")
    return copy
