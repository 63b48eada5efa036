from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.runs.executors import Executor, InProcess, Listener, Progress, Workers
from harness.runs.plan import Plan, Request
from harness.runs.record import RunRecord

if TYPE_CHECKING:
    from harness.runs.spec import RunSpec, Spec


def specs(*cells: str, seeds: int = 2, plugins: tuple[str, ...] = ()) -> list[RunSpec]:
    request = Request(cells, ("adding:length=5",), seeds, "smoke", "cpu", plugins=plugins)
    return list(Plan.make(request).specs())


def results(executor: Executor, wanted: list[RunSpec]) -> dict[str, tuple[object, ...]]:
    records = [record for record in executor.run(wanted, Listener()) if isinstance(record, RunRecord)]
    curves = {record.spec.key: [(p["step"], p["loss"], p["scores"]) for p in record.curve] for record in records}
    return {record.spec.key: (record.status, record.scores, curves[record.spec.key]) for record in records}


def test_results_are_bit_equal_whatever_the_number_of_workers() -> None:
    wanted = specs("lstm", "elman", "torch-gru")
    alone = results(InProcess(), wanted)
    assert len(alone) == 6
    assert all(status == "finished" for status, *_ in alone.values())
    assert results(Workers(1), wanted) == alone
    assert results(Workers(3), wanted) == alone


def test_a_worker_that_is_killed_takes_one_run_with_it(plugin: str) -> None:
    wanted = specs("killed", "plain", seeds=2, plugins=(plugin,))
    records = [record for record in Workers(1).run(wanted, Listener()) if isinstance(record, RunRecord)]
    ends = [(record.spec.cell.name, record.status) for record in records]
    assert ends == [("killed", "crashed"), ("plain", "finished")] * 2
    assert records[0].reason == "the worker was ended by SIGKILL (out of memory?)"


class Stopper(Listener):
    """Stops the executor as soon as the first run has started."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self.seen: list[Spec] = []
        self.steps: list[int] = []

    def started(self, spec: Spec) -> None:
        self.seen.append(spec)
        self.executor.stop()

    def progress(self, spec: Spec, progress: Progress) -> None:
        assert spec in self.seen
        self.steps.append(progress.step)


@pytest.mark.parametrize("executor", [InProcess(), Workers(1)])
def test_stopping_finishes_what_is_in_flight_and_starts_nothing_more(executor: Executor) -> None:
    stopper = Stopper(executor)
    records = list(executor.run(specs("lstm", "gru"), stopper))
    assert [record.spec for record in records] == stopper.seen
    assert len(records) == 1
    assert stopper.steps[0] == 10
