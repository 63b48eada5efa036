"""Runs as jobs of submitit, whose local executor stands in for Slurm."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from executing import checked, results, specs

from harness.errors import HarnessError
from harness.runs.executors import InProcess, Listener
from harness.runs.executors.remote import Code
from harness.runs.executors.slurm import Slurm

if TYPE_CHECKING:
    from pathlib import Path

    from harness.runs.executors import Progress
    from harness.runs.spec import Spec

core = pytest.importorskip("submitit.core.core")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that died leaves no result, however long one waits."""
    monkeypatch.setattr(core.Job, "_results_timeout_s", 0)


class Heard(Listener):
    def __init__(self) -> None:
        self.started_keys: list[str] = []
        self.steps: list[int] = []

    def started(self, spec: Spec) -> None:
        self.started_keys.append(spec.key)

    def progress(self, spec: Spec, progress: Progress) -> None:
        assert spec.key in self.started_keys
        self.steps.append(progress.step)


@pytest.mark.slow
def test_results_are_those_of_this_process_bit_for_bit(cells: str, tmp_path: Path) -> None:
    wanted = specs("lstm", f"{cells}:Plain", "dawdling", seeds=2, plugins=(cells,), steps=60)
    heard = Heard()
    assert results(Slurm(workers=2, runs=2, cluster="local"), wanted, heard) == results(InProcess(), wanted)
    assert sorted(heard.started_keys) == sorted(spec.key for spec in wanted)
    assert heard.steps
    assert [path.name for path in tmp_path.iterdir() if "jobs" in path.name] == []


@pytest.mark.slow
def test_of_a_job_that_is_lost_the_run_to_blame_is_a_record_and_the_others_run(cells: str) -> None:
    wanted = specs("killed", "plain", seeds=1, plugins=(cells,))
    ends = {r.spec.cell.name: r for r in checked(Slurm(workers=2, runs=2, cluster="local"), wanted)}  # type: ignore[union-attr]
    assert ends["plain"].status == "finished"
    assert ends["killed"].status == "crashed"
    assert ends["killed"].reason.startswith("it was lost with its job (")
    assert ends["killed"].reason.endswith("), 3 times")


@pytest.mark.slow
def test_other_code_on_a_node_is_refused_and_the_node_named() -> None:
    executor = Slurm(cluster="local")
    executor._code = replace(Code.here(), harness="9.9")
    with pytest.raises(HarnessError, match=r"^node .+ cannot run this: harness is .+ there and 9\.9 here"):
        list(checked(executor, specs("gru", seeds=1)))


@pytest.mark.slow
def test_stopping_submits_nothing_more(cells: str) -> None:
    executor = Slurm(workers=1, cluster="local")

    class Stopper(Heard):
        def started(self, spec: Spec) -> None:
            super().started(spec)
            executor.stop()

    stopper = Stopper()
    records = list(checked(executor, specs("dawdling", seeds=4, plugins=(cells,), steps=60), stopper))
    assert [record.spec.key for record in records] == stopper.started_keys
    assert len(records) == 1


def test_no_slurm_and_no_folder_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(HarnessError, match=r"^there is no Slurm here: no sbatch is found\."):
        Slurm().reach()
    with pytest.raises(HarnessError, match=r"^jobs cannot be kept in the folder /nowhere: No such file"):
        Slurm(cluster="local", folder="/nowhere").check(specs("gru"))
