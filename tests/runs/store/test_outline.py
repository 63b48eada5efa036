"""What tables need of runs."""

from __future__ import annotations

import math
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from stored import RECORD, SPEC

from harness.errors import HarnessError
from harness.runs.store import Store
from harness.runs.store.outline import LEFT_OUT, OWN, SHARED

if TYPE_CHECKING:
    from pathlib import Path


def test_an_outline_says_what_tables_need_of_the_last_attempt(tmp_path: Path) -> None:
    whole = replace(
        RECORD,
        reason="none",
        parameters=7,
        seconds=2.5,
        environment={"torch": "2", "cores": 2},
        validation={"MSE": 1.0},
        cost={"forward": {"median": 1.5e-06, "low": 1e-06}, "memory": 65536, "kernel": "ä"},
        state=b"w",
    )
    others = {3: 0.01, 1: 0.11, 2: 0.09}  # of two cores, of which a twentieth is 0.1
    with closing(Store(tmp_path, create=True)) as store:
        for seed in (3, 1, 2):
            disturbance = {"others": others[seed], "waited": None}
            spec = replace(SPEC, seed=seed)
            store.add(replace(whole, spec=spec, scores={"MSE": seed / 8}, disturbance=disturbance))
        assert store._database.connection.execute("SELECT count(*) FROM kinds").fetchone() == (1,)
        outlines, runs = store.outlines(), store.runs()
        assert [one.spec for one in outlines] == [one.spec for one in runs]
        assert [one.spec.key for one in outlines] == [one.spec.key for one in runs]
        assert [one.spec.contest for one in outlines] == [one.spec.contest for one in runs]
        for outline, run in zip(outlines, runs, strict=True):
            for name in (*OWN, *SHARED, "price", "disturbed", "seed"):
                assert getattr(outline, name) == getattr(run, name)
            assert not any(getattr(outline, name) for name in LEFT_OUT)
        assert [one.disturbed for one in outlines] == [False, True, False]
        (one,) = store.outlines([runs[1].spec.key])
        assert one.spec.seed == 1
        store._database.connection.execute("UPDATE outlines SET own = replace(own, '0.125', '0.5')")
        with pytest.raises(HarnessError, match="is damaged: the record of run"):
            store.outlines()


def test_the_outline_of_a_run_that_was_tried_again_is_that_of_the_last_attempt(tmp_path: Path) -> None:
    with closing(Store(tmp_path, create=True)) as store:
        for status in ("crashed", "finished"):
            store.claim(SPEC, attempts=2)
            store.add(replace(RECORD, status=status))
        assert [(one.status, one.attempt) for one in store.outlines()] == [("finished", 2)]


@pytest.mark.parametrize("number", [math.inf, math.nan])
def test_numbers_that_are_none_are_read_like_others(number: float, tmp_path: Path) -> None:
    """Python writes them into JSON, and SQLite takes that for none."""
    odd = replace(RECORD, scores={"perplexity": number}, elapsed=2.0)
    costly = replace(RECORD, spec=replace(SPEC, seed=1), elapsed=4.0, cost={"forward": {"median": number}, "memory": 8})
    with closing(Store(tmp_path, create=True)) as store:
        store.add(odd)
        store.add(costly)
        assert str([one.scores for one in store.outlines()]) == str([odd.scores, costly.scores])
        assert str([one.price for one in store.outlines()]) == str([odd.price, costly.price])
        assert [seconds for _, seconds, _ in store.times()] == [4.0]
