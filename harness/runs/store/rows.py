"""Records as rows of the store, and what is read of a row: the record that was written, or what is wrong with it."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.runs.record import BaselineRecord, Record, RunRecord
from harness.runs.store.outline import HISTORY
from harness.runs.store.schema import check_sum, insert_outline

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

RUN = "key, record, record_sum, history, history_sum"
"""The columns that `read_run` takes."""
BASELINE = "key, record, record_sum"
"""Those that `read_baseline` takes."""


def insert(connection: sqlite3.Connection, number: int, record: Record) -> None:
    """Write a record without its weights, in the transaction that is open.

    Args:
        connection: to the store.
        number: its place among all records.
        record: the record.
    """
    spec, values = record.spec, record.as_dict()
    if isinstance(record, BaselineRecord):
        text = json.dumps(values)
        row = (number, record.attempt, spec.key, spec.task.label, record.status, text, check_sum(text))
        connection.execute("INSERT INTO baselines VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        return
    del values["state"]
    history = json.dumps({name: values.pop(name) for name in HISTORY})
    text = json.dumps(values)
    named = (spec.key, record.spec.row, spec.task.label, record.spec.seed, record.status, record.finished)
    connection.execute(
        "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (number, record.attempt, *named, text, check_sum(text), history, check_sum(history)),
    )
    insert_outline(connection, number, spec.key, record)


def read_run(path: Path, key: str, record: str, record_sum: int, history: str, history_sum: int) -> RunRecord:
    """The record in the columns `RUN` of a row.

    Raises:
        HarnessError: it is not what was written.
    """
    with _damage_told(path, key, (record, record_sum), (history, history_sum)):
        return RunRecord.from_dict({**json.loads(record), **json.loads(history)})


def read_baseline(path: Path, key: str, record: str, record_sum: int) -> BaselineRecord:
    """The record in the columns `BASELINE` of a row.

    Raises:
        HarnessError: it is not what was written.
    """
    with _damage_told(path, key, (record, record_sum)):
        return BaselineRecord.from_dict(json.loads(record))


def damaged(path: Path, what: str) -> HarnessError:
    """What is told of a row that is not what was written."""
    mend = f"`harness recover {path.parent}` keeps the rows that are safe"
    return HarnessError(f"{path} is damaged: {what} is not what was written. {mend}.")


@contextmanager
def strangers_told(path: Path, what: str) -> Iterator[None]:
    """Say that something which was not damaged is none of ours.

    Raises:
        HarnessError: it cannot be taken for what it should be.
    """
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise HarnessError(f"{path} was not written by harness: {what} is none.") from error


@contextmanager
def _damage_told(path: Path, key: str, *texts: tuple[str, int]) -> Iterator[None]:
    what = f"the record of run {key}"
    if any(check_sum(text) != expected for text, expected in texts):
        raise damaged(path, what)
    with strangers_told(path, what):
        yield
