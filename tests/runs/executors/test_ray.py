"""Runs on a real Ray cluster: a head that runs nothing, and nodes with one processor each, all on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest
from executing import checked, results, specs

from harness.errors import HarnessError
from harness.runs.executors import InProcess, Listener
from harness.runs.executors.ray import LOOPBACK, Ray
from harness.runs.executors.remote import Code
from harness.runs.limits import Limits
from harness.runs.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.runs.executors import Progress
    from harness.runs.spec import Spec

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("ray") is None, reason="Ray is an extra"),  # and imported after a variable is set
    pytest.mark.filterwarnings("default"),  # it leaves sockets to the collector
]
SMALL = {"object_store_memory": 80_000_000, "node_ip_address": "127.0.0.1"}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    os.environ[LOOPBACK] = "0"  # before Ray is imported
    from ray.cluster_utils import Cluster

    started = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False, **SMALL})
    for _ in range(2):
        started.add_node(num_cpus=1, **SMALL)
    yield started
    started.shutdown()
    del os.environ[LOOPBACK]


def test_results_are_those_of_this_process_bit_for_bit(cluster: Any, cells: str) -> None:
    wanted = specs("lstm", "torch-gru", "plain", f"{cells}:Plain", plugins=(cells,))
    alone = results(InProcess(), wanted)
    assert len(alone) == 8
    assert results(Ray(cluster.address), wanted) == alone


class Killer(Listener):
    """Kills a node when it has heard that two runs are under way."""

    def __init__(self, cluster: Any) -> None:
        self.cluster = cluster
        self.node = cluster.add_node(num_cpus=1, resources={"doomed": 1}, **SMALL)
        self.heard: dict[str, list[int]] = {}

    def started(self, spec: Spec) -> None:
        assert spec.key not in self.heard
        self.heard[spec.key] = []

    def progress(self, spec: Spec, progress: Progress) -> None:
        self.heard[spec.key].append(progress.step)
        if self.node and len(self.heard) >= 3:
            self.cluster.remove_node(self.node, allow_graceful=False)
            self.node = None


def test_runs_of_a_node_that_is_lost_are_run_elsewhere(cluster: Any, cells: str) -> None:
    wanted = specs("dawdling", "gru", seeds=3, plugins=(cells,), steps=40)
    killer = Killer(cluster)
    assert results(Ray(cluster.address), wanted, killer) == results(InProcess(), wanted)
    assert killer.node is None
    assert set(killer.heard) == {spec.key for spec in wanted}


def test_a_run_that_kills_its_workers_is_a_record_and_takes_nothing_with_it(cluster: Any, cells: str) -> None:
    wanted = specs("killed", "plain", seeds=1, plugins=(cells,))
    ends = {record.spec.cell.name: record for record in checked(Ray(cluster.address), wanted)}  # type: ignore[union-attr]
    assert ends["plain"].status == "finished"
    assert ends["killed"].status == "crashed"
    assert ends["killed"].reason == "it was lost with its worker or its node (WorkerCrashedError), 3 times"


def test_a_run_over_its_time_is_ended(cluster: Any, cells: str) -> None:
    executor = Ray(cluster.address)
    executor.limit(Limits(seconds=1.0))
    wanted = specs("dawdling", seeds=1, plugins=(cells,), steps=4000)
    (record,) = checked(executor, wanted)
    assert (record.status, record.reason) == ("out of time", "it was not done after 1 s (--time-limit)")


def test_resources_that_no_node_has_are_told_before_anything_starts(cluster: Any) -> None:
    with pytest.raises(HarnessError) as error:
        list(checked(Ray(cluster.address, cpus=2, gpus=0.5), specs("gru")))
    assert str(error.value).startswith(
        "no node of the Ray cluster has room for a run, which needs 2 CPU and 0.5 GPU: node 127.0.0.1:"
    )
    assert "has 1 CPU and 0 GPU" in str(error.value)


def test_other_code_on_a_node_is_refused_and_the_node_named(cluster: Any, cells: str) -> None:
    executor = Ray(cluster.address)
    executor._code = replace(Code.here(), torch="2.0")
    with pytest.raises(HarnessError, match=r"^node 127\.0\.0\.1:\d+ cannot run this: torch is .* there and 2\.0 here"):
        list(checked(executor, specs("gru")))
    (spec, *_) = specs("plain", plugins=(cells,))
    edited = replace(spec, cell=replace(spec.cell, source="0" * 64))
    with pytest.raises(HarnessError, match=r"cannot run this: the source of the cell plain is .* there and 0{12} here"):
        list(checked(Ray(cluster.address), [edited]))
    with pytest.raises(HarnessError, match="the data of adding:length=5 is other data there"):
        list(checked(Ray(cluster.address), [replace(spec, data="other")]))


def test_a_file_that_a_node_has_not_is_refused(cluster: Any, tmp_path: Path, cells: str) -> None:
    wanted = specs("plain", plugins=(str(tmp_path / cells),))
    (tmp_path / cells).unlink()
    with pytest.raises(HarnessError, match=r"node 127\.0\.0\.1:\d+ cannot run this: no cell is called .plain."):
        list(checked(Ray(cluster.address), wanted))


class Stopper(Listener):
    def __init__(self, executor: Ray) -> None:
        self.executor = executor
        self.seen: list[Spec] = []

    def started(self, spec: Spec) -> None:
        self.seen.append(spec)
        self.executor.stop()


def test_stopping_finishes_what_has_begun_and_takes_the_rest_back(cluster: Any, cells: str) -> None:
    executor = Ray(cluster.address)
    stopper = Stopper(executor)
    wanted = specs("dawdling", seeds=6, plugins=(cells,), steps=40)
    records = list(checked(executor, wanted, stopper))
    assert sorted(record.spec.key for record in records) == sorted(spec.key for spec in stopper.seen)
    assert 1 <= len(records) <= 4


def test_what_a_driver_that_was_killed_had_not_done_is_done_by_the_same_command(
    cluster: Any, cells: str, tmp_path: Path
) -> None:
    names = ("--cells", "dawdling,gru", "--plugin", cells, "--tasks", "adding:length=5", "--seeds", "4")
    where = ("--executor", "ray", "--address", cluster.address, "--out", "out")
    command = [sys.executable, "-m", "harness", "run", *names, "--budget", "smoke", *where]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as driver:
        assert driver.stderr
        while "seed" not in driver.stderr.readline():
            pass
        driver.send_signal(signal.SIGKILL)
    done = len(Store(tmp_path / "out").runs())
    assert 1 <= done < 8
    time.sleep(1)
    again = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert f"{done} done before, {8 - done} to do" in again.stdout
    assert len(Store(tmp_path / "out").runs()) == 8


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("127.0.0.1:1", "no Ray cluster answers at 127.0.0.1:1: Connection refused."),
        ("here", '"--address here" is no address: write HOST:PORT or ray://HOST:PORT.'),
    ],
)
def test_an_address_where_nothing_answers_is_told(address: str, reason: str) -> None:
    with pytest.raises(HarnessError) as error:
        Ray(address).reach()
    assert str(error.value) == reason
