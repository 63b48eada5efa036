"""Rows that are not what was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from stored import RECORD, SPEC

from harness.errors import HarnessError
from harness.runs.store import Store, schema

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("change", ["record = replace(record, '0.25', '0.20')", "history = replace(history, '1', '2')"])
def test_a_row_that_is_not_what_was_written_is_told(change: str, tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    store.add(RECORD)
    store._database.connection.execute(f"UPDATE runs SET {change}")
    with pytest.raises(HarnessError, match=f"is damaged: the record of run {SPEC.key} is not what was written"):
        store.runs()


def test_a_row_that_is_no_record_is_told(tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    store.add(RECORD)
    for text in ("[]", "{}", "no JSON", '{"spec": 3}'):
        store._database.connection.execute("UPDATE runs SET record = ?, record_sum = ?", (text, schema.check_sum(text)))
        with pytest.raises(HarnessError, match=f"was not written by harness: the record of run {SPEC.key} is none"):
            store.runs()


def test_what_is_no_outline_is_told(tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    store.add(RECORD)
    asked = store._database.connection.execute
    for text in ("[1", "", "[1, 2], [3"):
        own_sum = schema.check_sum(f"{text}{{}}{{}}")
        asked("UPDATE outlines SET own = ?, cost = '{}', disturbance = '{}', own_sum = ?", (text, own_sum))
        with pytest.raises(HarnessError, match="was not written by harness: an outline of a run is none"):
            store.outlines()
    for text in ("{}", "no JSON"):
        asked("UPDATE kinds SET content = ?, content_sum = ?", (text, schema.check_sum(text)))
        with pytest.raises(HarnessError, match="was not written by harness: what some runs share is none"):
            store.outlines()
