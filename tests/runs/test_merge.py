from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from stored import BASELINE, SPEC

from harness.errors import HarnessError
from harness.runs.merge import Merged, merge
from harness.runs.record import BaselineRecord, RunRecord
from harness.runs.states import read_state
from harness.runs.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from harness.runs.record import Record, Status


def run(seed: int, score: float = 0.25, seconds: float = 1.0, **changes: object) -> RunRecord:
    spec = replace(SPEC, seed=seed)
    curve = [{"step": 1, "seconds": seconds, "loss": float("nan"), "scores": {"MSE": score}}]
    values = {"scores": {"MSE": score}, "seconds": seconds, "curve": curve, "finished": f"{2000 + seconds}"}
    return RunRecord(spec, "finished", **{**values, "state": b"weights", **changes})  # type: ignore[arg-type]


def folder(path: Path, *records: Record) -> Path:
    store = Store(path, create=True)
    for record in records:
        store.claim(record.spec, attempts=10)
        store.add(record)
    store.close()
    return path


def test_all_records_are_there_once_with_their_weights(tmp_path: Path) -> None:
    a = folder(tmp_path / "a", run(0), run(1, state=b""), BASELINE)
    b = folder(tmp_path / "b", run(1), run(2), BASELINE)
    merged = merge([a, b, a], tmp_path / "new" / "all")
    assert merged == Merged(runs=3, baselines=1, repeated=3)
    store = Store(tmp_path / "new" / "all")
    assert sorted(record.spec.seed for record in store.runs()) == [0, 1, 2]
    assert store.baselines() == [BASELINE]
    assert [read_state(store.folder, run(seed).spec.key) for seed in range(3)] == [b"weights"] * 3
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["all"]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_two_runs_that_agree_the_first_that_was_finished_is_taken(tmp_path: Path, order: tuple[int, int]) -> None:
    folders = [folder(tmp_path / "a", run(0, seconds=2.0)), folder(tmp_path / "b", run(0, seconds=3.0))]
    merge([folders[number] for number in order], tmp_path / "all")
    assert [record.seconds for record in Store(tmp_path / "all").runs()] == [2.0]


def failed(seed: int, status: Status, finished: str, attempts: int = 1) -> list[RunRecord]:
    record = RunRecord(run(seed).spec, status, reason=f"{status} in {finished}", finished=finished)
    return [record] * attempts


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_failure_that_may_pass_gives_way_to_what_the_run_came_to_elsewhere(
    tmp_path: Path, order: tuple[int, int]
) -> None:
    """As the next attempt does on one machine; of failures alone, the last attempt stands."""
    poor = BaselineRecord(BASELINE.spec, reason="the cable was pulled", finished="1999")
    a = folder(tmp_path / "a", *failed(0, "out of memory", "1999"), run(1, 0.5), *failed(2, "crashed", "2026", 3), poor)
    b = folder(tmp_path / "b", run(0), *failed(1, "out of time", "1999"), *failed(2, "failed", "2027"), BASELINE)
    c = folder(tmp_path / "c", *failed(0, "failed", "2027", 2), *failed(2, "crashed", "2028"))
    merged = merge([*([a, b][number] for number in order), c], tmp_path / "all")
    assert merged == Merged(runs=3, baselines=1, repeated=4)
    with closing(Store(tmp_path / "all")) as store:
        ends = {record.spec.seed: (record.status, record.scores, record.reason) for record in store.runs()}
        assert ends == {
            0: ("finished", {"MSE": 0.25}, ""),
            1: ("finished", {"MSE": 0.5}, ""),
            2: ("crashed", {}, "crashed in 2026"),
        }
        assert store.baselines() == [BASELINE]
        assert read_state(store.folder, run(0).spec.key) == b"weights"


def test_a_failure_that_comes_each_time_contradicts_what_finished(tmp_path: Path) -> None:
    a, b = folder(tmp_path / "a", *failed(0, "not supported", "1999")), folder(tmp_path / "b", run(0))
    with pytest.raises(HarnessError, match=r'the status "not supported" in .* and the status "finished" in '):
        merge([a, b], tmp_path / "all")


@pytest.mark.parametrize(
    ("other", "difference"),
    [
        ({"score": 0.5}, "MSE 0.25 in {a} and MSE 0.5 in {b}"),
        ({"status": "diverged"}, 'the status "finished" in {a} and the status "diverged" in {b}'),
        ({"best_step": 7}, "another best_step in {a} and another best_step in {b}"),
        ({"state": b"others"}, "other weights in {a} than in {b}"),
    ],
)
def test_contradictions_are_named_and_nothing_is_left(
    tmp_path: Path, other: dict[str, object], difference: str
) -> None:
    a = folder(tmp_path / "a", run(0), run(1))
    b = folder(
        tmp_path / "b",
        replace(run(0), status=other.pop("status", "finished")) if "status" in other else run(0, **other),
    )  # type: ignore[arg-type]
    with pytest.raises(HarnessError) as error:
        merge([a, b], tmp_path / "all")
    key = run(0).spec.key
    told = f"run {key} (adding lstm seed 0) has {difference.format(a=a, b=b)}"
    assert str(error.value) == f"the folders contradict each other, and nothing was merged: {told}."
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_of_many_contradictions_some_are_named(tmp_path: Path) -> None:
    a = folder(tmp_path / "a", *(run(seed) for seed in range(5)))
    b = folder(tmp_path / "b", *(run(seed, 0.5) for seed in range(5)))
    with pytest.raises(HarnessError, match=r"(seed.*){3}; and 2 more\.$"):
        merge([a, b], tmp_path / "all")


def test_what_is_there_is_not_overwritten_and_what_is_none_is_told(tmp_path: Path) -> None:
    a = folder(tmp_path / "a", run(0))
    for target in (a, tmp_path):
        with pytest.raises(HarnessError, match="exists already: nothing was overwritten"):
            merge([a], target)
    with pytest.raises(HarnessError, match="is no results folder"):
        merge([a, tmp_path], tmp_path / "all")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_files_on_which_all_folders_agree_come_along(tmp_path: Path) -> None:
    a, b = folder(tmp_path / "a", run(0)), folder(tmp_path / "b", run(1))
    for path, name, text in ((a, "same", "1"), (b, "same", "1"), (a, "other", "1"), (b, "other", "2"), (b, "one", "3")):
        (path / name).write_text(text)
    merge([a, b], tmp_path / "all", ("same", "other", "one", "none"))
    found = {path.name for path in (tmp_path / "all").iterdir() if path.is_file()}
    assert found == {"runs.sqlite", "same", "one"}
