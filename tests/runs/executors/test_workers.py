from __future__ import annotations

import re
import subprocess
import sys
from multiprocessing import connection
from typing import TYPE_CHECKING

import psutil
import pytest
from executing import results, specs

from harness.errors import HarnessError
from harness.runs.executors import Executor, InProcess, Listener, Progress, Workers, worker, workers
from harness.runs.executors.worker import Worker
from harness.runs.limits import Limits
from harness.runs.plan import Plan, Request
from harness.runs.record import RunRecord

if TYPE_CHECKING:
    from pathlib import Path

    from harness.runs.spec import Spec


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


def test_the_second_worker_begins_with_a_task_that_the_first_has_not_read() -> None:
    tasks = "adding:length=5", "adding:length=6"
    by_task = sorted(Plan.make(Request(("elman",), tasks, 2, "smoke", "cpu")).specs(), key=lambda spec: spec.task.label)
    started: list[Spec] = []

    class Ear(Listener):
        def started(self, spec: Spec) -> None:
            started.append(spec)

    assert len(list(Workers(2).run(by_task, Ear()))) == len(by_task) == 4
    assert [spec.task.label for spec in started[:2]] == list(tasks)


LIMITED = '''
"""Cells that take more than they should, once they are in a worker."""
import multiprocessing
import time
import torch
from harness import Cell, Gate, hookimpl

class Plain(Cell):
    """A vanilla cell."""
    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.gate = Gate(input_size, hidden_size)
        self.kept = []
    def step(self, x, h):
        if multiprocessing.parent_process() is not None:
            self.trouble()
        return torch.tanh(self.gate(x, h))
    def trouble(self):
        pass

class Hangs(Plain):
    """Never ends."""
    def trouble(self):
        time.sleep(1000)

class Greedy(Plain):
    """Takes 40 MB more with each step, and never ends."""
    def trouble(self):
        if len(self.kept) < 30:
            self.kept.append(torch.ones(10_000_000))
        else:
            time.sleep(1000)

@hookimpl
def harness_cells():
    return {"quick": Plain, "hangs": Hangs, "greedy": Greedy}
'''


@pytest.mark.parametrize(
    ("cell", "limits", "status", "reason"),
    [
        ("hangs", Limits(seconds=1.5), "out of time", r"it was not done after 1\.5 s \(--time-limit\)"),
        ("greedy", Limits(memory=1e9), "out of memory", r"it used 1(\.\d+)? GB, more than 1 GB \(--memory-limit\)"),
    ],
)
def test_a_run_over_a_limit_is_ended_and_the_others_go_on(
    tmp_path: Path, cell: str, limits: Limits, status: str, reason: str
) -> None:
    path = tmp_path / "limited.py"
    path.write_text(LIMITED)
    request = Request((cell, "quick"), ("adding:length=5",), 1, "smoke", "cpu", plugins=(str(path),), engine="loop")
    wanted = list(Plan.make(request).specs())
    workers = Workers(1)
    workers.limit(limits)
    records = [record for record in workers.run(wanted, Listener()) if isinstance(record, RunRecord)]
    assert [record.spec.cell.name for record in records] == [cell, "quick"]
    assert records[0].status == status
    assert re.fullmatch(reason, records[0].reason)


def test_workers_end_with_the_process_that_made_them(tmp_path: Path) -> None:
    """Which is killed here while a cell hangs, so that no worker notices by itself."""
    plugin, script = tmp_path / "limited.py", tmp_path / "parent.py"
    plugin.write_text(LIMITED)
    script.write_text(f"""
from harness.runs.executors import Listener, Workers
from harness.runs.plan import Plan, Request
request = Request(("hangs",), ("adding:length=5",), 2, "smoke", "cpu", plugins=({str(plugin)!r},), engine="loop")
class Told(Listener):
    def started(self, spec):
        print(*(worker.process.pid for worker in workers._workers), flush=True)
if __name__ == "__main__":
    workers = Workers(2)
    list(workers.run(Plan.make(request).specs(), Told()))
""")
    parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    parent.stdout.readline()
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    assert len(pids) == 2
    workers = [psutil.Process(pid) for pid in pids]
    parent.kill()
    parent.communicate()
    _, alive = psutil.wait_procs(workers, timeout=60)
    assert alive == []


def test_a_server_of_workers_that_is_ended_again_and_again_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    class Doomed(Worker):
        def __init__(self, *_: object) -> None:
            tried.append(self)
            raise EOFError

    monkeypatch.setattr(worker, "Worker", Doomed)
    with pytest.raises(
        HarnessError, match=r"^no worker can be started: .* 3 times in a row .* the same command goes on"
    ):
        list(Workers(1).run(specs("gru"), Listener()))
    assert len(tried) == 3


def test_it_looks_up_each_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal that comes just before a wait begins does not end it: Ctrl-C would be lost where no worker reports."""
    waits = []

    def noted(connections: list[object], timeout: float | None = None) -> list[object]:
        waits.append(timeout)
        return connection.wait(connections, timeout)

    monkeypatch.setattr(workers, "wait", noted)
    for limits in (Limits(), Limits(seconds=1000)):
        executor = Workers(1)
        executor.limit(limits)
        assert len(list(executor.run(specs("elman", seeds=1), Listener()))) == 1
    assert waits
    assert all(timeout is not None and timeout <= 1 for timeout in waits)
