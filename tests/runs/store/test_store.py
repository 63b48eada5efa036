"""What is added is there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from stored import BASELINE, RECORD, SPEC

from harness.runs.store import Store

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_added_is_read_by_another_connection(tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    store.add(RECORD)
    store.add(BASELINE)
    other = Store(tmp_path)
    (read,) = other.runs()
    assert read.scores == {"MSE": 0.25}
    assert read.spec == SPEC
    assert str(read.curve) == str(RECORD.curve)  # NaN included
    assert other.baselines() == [BASELINE]
    assert other.keys() == {SPEC.key, BASELINE.spec.key}


def test_a_record_is_never_changed(tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    store.add(RECORD)
    store.add(replace(RECORD, scores={"MSE": 99.0}))
    assert [record.scores for record in store.runs()] == [{"MSE": 0.25}]


def test_only_the_runs_asked_for(tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    other = replace(RECORD, spec=replace(SPEC, seed=1))
    store.add(RECORD)
    store.add(other)
    assert [record.spec.seed for record in store.runs([other.spec.key])] == [1]
