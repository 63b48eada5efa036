"""Whose a run is, in which order runs come, and what is tried again."""

from __future__ import annotations

import multiprocessing
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from stored import RECORD, SPEC

from harness.runs import claims
from harness.runs.store import Store

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier
    from pathlib import Path


def test_records_come_in_the_order_of_their_claims_whatever_the_clock_says(tmp_path: Path) -> None:
    with closing(Store(tmp_path, create=True)) as killed:
        for seed in range(3):
            assert killed.claim(replace(SPEC, seed=seed)) == "taken"
        killed.add(replace(RECORD, spec=replace(SPEC, seed=2), finished="2031"))
    with closing(Store(tmp_path, create=True)) as store:
        assert [store.claim(replace(SPEC, seed=seed)) for seed in range(3)] == ["taken", "taken", "done"]
        store.add(replace(RECORD, spec=replace(SPEC, seed=1), finished="2019"))
        store.add(replace(RECORD, spec=replace(SPEC, seed=0), finished="2020"))
        assert [record.spec.seed for record in store.runs()] == [0, 1, 2]


def test_what_failed_can_be_tried_again_and_the_last_attempt_counts(tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    failed = replace(RECORD, status="crashed", scores={})
    store.claim(SPEC)
    assert store.add(failed).attempt == 1
    assert (store.claim(SPEC), store.keys()) == ("done", {SPEC.key})
    assert (store.claim(SPEC, attempts=2), store.keys(attempts=2)) == ("taken", set())
    assert store.add(RECORD) == replace(RECORD, attempt=2)
    assert [(record.status, record.attempt) for record in store.runs()] == [("finished", 2)]
    assert [(record.status, record.attempt) for record in store.each_run()] == [("finished", 2)]
    assert (store.claim(SPEC, attempts=9), store.keys(attempts=9)) == ("done", {SPEC.key})
    rows = store._database.connection.execute("SELECT attempt, status FROM runs ORDER BY attempt").fetchall()
    assert rows == [(1, "crashed"), (2, "finished")]


@pytest.mark.parametrize("status", ["finished", "diverged", "not supported"])
def test_what_ends_the_same_each_time_is_not_tried_again(status: Any, tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    store.add(replace(RECORD, status=status))
    assert store.claim(SPEC, attempts=9) == "done"


def test_a_run_is_one_commands_until_that_ends(tmp_path: Path) -> None:
    first, second = Store(tmp_path, create=True), Store(tmp_path, create=True)
    assert (first.claim(SPEC), first.claim(SPEC), second.claim(SPEC)) == ("taken", "taken", "held")
    first.close()
    assert second.claim(SPEC) == "taken"
    assert second.add(RECORD) == RECORD
    assert second.add(replace(RECORD, scores={"MSE": 9.0})).scores == RECORD.scores, "without a claim nothing is added"


def _claim_and_wait(folder: Path, gate: Barrier) -> None:
    store = Store(folder, create=True)
    store.claim(SPEC)
    gate.wait()
    gate.wait()


def test_a_command_that_is_killed_holds_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(2, timeout=60)
    other = context.Process(target=_claim_and_wait, args=(tmp_path, gate))
    other.start()
    gate.wait()
    store = Store(tmp_path, create=True)
    assert store.claim(SPEC) == "held"
    other.kill()
    other.join()
    assert store.claim(SPEC) == "taken"
    store.close()
    assert list((tmp_path / claims.FOLDER).iterdir()) == []


def test_an_owner_that_others_wrote_names_no_file_outside_of_the_folder(tmp_path: Path) -> None:
    victim = tmp_path / "victim.lock"
    victim.touch()
    store = Store(tmp_path / "results", create=True)
    store._database.connection.execute("INSERT INTO claims (key, owner) VALUES (?, '../../victim')", (SPEC.key,))
    assert store.claim(SPEC) == "taken"
    assert victim.exists()
