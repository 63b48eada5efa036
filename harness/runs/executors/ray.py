"""The nodes of a Ray cluster.

Each run is a task of Ray that asks for the processors and GPUs of one run. Records come back to this process, which
alone writes to the store; how far runs are comes by way of a small actor. A run that is lost with its worker or node is
handed out again. If this process ends, Ray ends its runs, and the same command goes on with what is missing.
"""

from __future__ import annotations

import os
import shutil
import socket
import time
from collections import deque
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Annotated, Any

from annotated_types import Ge, Gt

from harness.errors import HarnessError
from harness.registry import Reference
from harness.runs.executors.base import Executor, Listener, Progress
from harness.runs.executors.remote import TRIES, Attempt, Code, device, difference, lost, refused
from harness.runs.executors.worker import failure, overdue
from harness.runs.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.runs.record import Record
    from harness.runs.spec import RunSpec, Spec

LOOK_EVERY = 0.2
"""Seconds between two looks at how far the runs are."""
REPORT_EVERY = 0.5
"""Seconds between two reports of a run."""
AHEAD = 2
"""Runs that are handed out for each that the cluster has room for: what waits is where an autoscaler sees it."""
PATIENCE = 5
"""Seconds for an address to answer."""
LOOPBACK = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"
"""The variable that, set to 0, has Ray take 127.0.0.1 for what it says, and not for this machine's own address."""


class Ray(Executor):
    """The nodes of a Ray cluster.

    Source: Moritz, Nishihara, Wang et al. 2018, arXiv:1712.05889.

    Args:
        address: HOST:PORT of the cluster's head from one of its nodes, or ray://HOST:PORT from elsewhere; where none is
            given that of RAY_ADDRESS, or else a cluster of this machine alone, which ends with the command.
        cpus: processors for a run.
        gpus: GPUs for a run; 1 with --device cuda unless given, and a share such as 0.25 lets runs share one.
    """

    def __init__(
        self,
        address: str = "",
        cpus: Annotated[float, Gt(0)] = 1.0,
        gpus: Annotated[float, Ge(0)] | None = None,
    ) -> None:
        self._address = address or os.environ.get("RAY_ADDRESS", "")
        self._cpus = cpus
        self._gpus = gpus
        self._ray: Any = None
        self._post: Any = None
        self._shipped: Path | None = None
        self._code = Code.here()
        self._limits = Limits()
        self._stopped = False

    @classmethod
    def device(cls, name: str) -> str:
        """The device on the nodes: each run sees the GPUs that it was given, and no others."""
        return device(name)

    def places(self) -> int:
        """As many runs as the cluster has room for, once it is connected to."""
        return self._slots() if self._ray else 1

    def limit(self, limits: Limits) -> None:
        """End a run that takes too long; memory is Ray's to watch."""
        if limits.memory is not None:
            raise HarnessError("--memory-limit cannot be held by Ray, which ends runs itself where a node gets full.")
        self._limits = limits

    def reach(self) -> None:
        """See that Ray is installed, and that something answers at the address."""
        if find_spec("ray") is None:
            raise HarnessError('--executor ray needs Ray: pip install "cell-harness[ray]".')
        if self._address:
            _see_that_it_answers(self._address)

    def check(self, specs: Iterable[RunSpec]) -> None:
        """Connect, and see that there is room for a run, and the same code and data on every node that has it."""
        kinds = list(specs)
        if self._gpus is None:
            self._gpus = 1.0 if any(spec.device != "cpu" for spec in kinds) else 0.0
        self._connect(kinds)
        nodes = self._nodes()
        roomy = [node for node in nodes if self._room(node)]
        if not roomy:
            has = "; ".join(f"{_name(node)} has {_amounts(node['Resources'])}" for node in nodes)
            need = _amounts({"CPU": self._cpus, "GPU": self._gpus})
            raise HarnessError(f"no node of the Ray cluster has room for a run, which needs {need}: {has}.")
        self._compare(roomy, kinds)

    def run(self, specs: Iterable[Spec], listener: Listener) -> Iterator[Record]:
        """Execute the specs on the cluster."""
        if self._ray is None:
            raise RuntimeError("check was not called")
        flight = _Flight(self._ray, self._task(), self._post, listener, self._limits)
        waiting = iter(specs)
        again: deque[Attempt] = deque()
        room, looked = self._slots(), 0.0
        while True:
            while not self._stopped and len(flight) < AHEAD * room:
                attempt = again.popleft() if again else _first(next(waiting, None))
                if attempt is None:
                    break
                flight.hand_out(attempt, self._code)
            if not len(flight):
                return
            if self._stopped:
                flight.recall()
            if time.monotonic() - looked >= LOOK_EVERY:
                flight.look()
                room, looked = self._slots(), time.monotonic()
            for outcome in flight.ended(LOOK_EVERY):
                if isinstance(outcome, Attempt):
                    again.append(outcome)
                else:
                    yield outcome

    def stop(self) -> None:
        """Hand out no more runs."""
        self._stopped = True

    def close(self) -> None:
        """Leave the cluster, which ends the runs in flight."""
        self._stopped = True
        if self._ray is not None:
            self._ray.shutdown()
            self._ray = None
        if self._shipped is not None:
            shutil.rmtree(self._shipped, ignore_errors=True)

    def _connect(self, kinds: Iterable[RunSpec]) -> None:
        client = self._address.startswith("ray://")
        local = not self._address or _see_that_it_answers(self._address)
        if local:
            os.environ.setdefault(LOOPBACK, "0")  # read when Ray is imported
        import ray  # noqa: PLC0415 - an extra
        import ray.exceptions  # noqa: PLC0415

        arguments: dict[str, Any] = {"address": self._address} if self._address else {"include_dashboard": False}
        if local and not client:
            arguments["_node_ip_address"] = "127.0.0.1"
        self._shipped = _ship(kinds)
        environment = {"working_dir": str(self._shipped)} if self._shipped else {}
        try:
            ray.init(**arguments, runtime_env=environment, log_to_driver=False, logging_level="ERROR")
        except Exception as error:
            first = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise HarnessError(f"the Ray cluster {self._address or 'here'} cannot be used: {first}") from error
        self._ray = ray
        self._post = ray.remote(num_cpus=0)(Post).remote()

    def _nodes(self) -> list[dict[str, Any]]:
        return [node for node in self._ray.nodes() if node["Alive"]]

    def _room(self, node: dict[str, Any]) -> int:
        """How many runs a node has room for."""
        has = node["Resources"]
        places = [int(has.get("CPU", 0) / self._cpus)]
        if self._gpus:
            places.append(int(has.get("GPU", 0) / self._gpus))
        return min(places)

    def _slots(self) -> int:
        """How many runs the cluster has room for."""
        return max(1, sum(self._room(node) for node in self._nodes()))

    def _compare(self, nodes: list[dict[str, Any]], kinds: list[RunSpec]) -> None:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy  # noqa: PLC0415 - an extra

        look = self._ray.remote(num_cpus=0, max_retries=0)(differences)
        answers = {}
        for node in nodes:
            there = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
            answers[look.options(scheduling_strategy=there).remote(kinds, self._code)] = node
        gone = 0
        for answer, node in answers.items():
            try:
                found = self._ray.get(answer)
            except (self._ray.exceptions.NodeDiedError, self._ray.exceptions.TaskUnschedulableError):
                gone += 1  # it went while it was asked: there may be others
                continue
            except Exception as error:  # noqa: BLE001 - Ray wraps whatever went wrong there
                found = f"it cannot load harness ({str(error).strip().splitlines()[-1]})"
            if found:
                raise refused(_name(node), found)
        if gone == len(nodes):
            raise HarnessError("every node of the Ray cluster that has room for a run has gone just now: try again.")

    def _task(self) -> Any:  # noqa: ANN401 - Ray's own type
        """What Ray calls for a run: it retries nothing itself, so that lost runs are counted here."""
        return self._ray.remote(num_cpus=self._cpus, num_gpus=self._gpus, max_retries=0)(execute_there)


class _Flight:
    """The runs that are handed out."""

    def __init__(self, ray: Any, task: Any, post: Any, listener: Listener, limits: Limits) -> None:  # noqa: ANN401
        self._ray = ray
        self._task = task
        self._post = post
        self._listener = listener
        self._limits = limits
        self._attempts: dict[Any, Attempt] = {}
        self._begun: set[str] = set()
        self._since: dict[str, float] = {}
        """The moment when each attempt was first heard of, on the monotonic clock."""
        self._recalled = False

    def __len__(self) -> int:
        return len(self._attempts)

    def hand_out(self, attempt: Attempt, code: Code) -> None:
        """Let the cluster have a run."""
        self._attempts[self._task.remote(attempt.spec, code, self._post)] = attempt

    def look(self) -> None:
        """Pass on what the runs have told since the last look."""
        try:
            told = self._ray.get(self._post.collect.remote())
        except self._ray.exceptions.RayActorError:  # it was on a node that is gone: runs go on untold
            return
        specs = {attempt.spec.key: attempt.spec for attempt in self._attempts.values()}
        for key, progress in told.items():
            if key in specs:
                self._begin(specs[key])
                self._since.setdefault(key, time.monotonic())
                if progress.step:
                    self._listener.progress(specs[key], progress)
        for reference, attempt in self._attempts.items():
            if self._is_late(attempt.spec):
                self._ray.cancel(reference, force=True)

    def recall(self) -> None:
        """Take back what has not begun."""
        if self._recalled:
            return
        self._recalled = True
        self.look()
        for reference, attempt in self._attempts.items():
            if attempt.spec.key not in self._begun:
                self._ray.cancel(reference)

    def ended(self, patience: float) -> Iterator[Record | Attempt]:
        """The records that have come, and what got lost and is to be handed out again."""
        ready, _ = self._ray.wait(list(self._attempts), num_returns=1, timeout=patience)
        for reference in ready:
            attempt = self._attempts.pop(reference)
            outcome = self._outcome(reference, attempt)
            if outcome is not None:
                self._begin(attempt.spec)
                yield outcome

    def _outcome(self, reference: Any, attempt: Attempt) -> Record | Attempt | None:  # noqa: ANN401 - Ray's own type
        """A record, a run to hand out again, or None for one that was taken back."""
        errors = self._ray.exceptions
        try:
            record: Record = self._ray.get(reference)
        except errors.RayTaskError as error:
            raise error.cause if isinstance(error.cause, HarnessError) else error from None
        except errors.RayError as error:
            if self._is_late(attempt.spec):
                return failure(attempt.spec, "out of time", overdue(self._limits))
            if self._recalled or isinstance(error, errors.TaskCancelledError):
                return None
            self._since.pop(attempt.spec.key, None)
            if attempt.tries < TRIES:
                return Attempt(attempt.spec, attempt.tries + 1)
            return lost(attempt, f"it was lost with its worker or its node ({type(error).__name__})")
        return record

    def _begin(self, spec: Spec) -> None:
        if spec.key not in self._begun:
            self._begun.add(spec.key)
            self._listener.started(spec)

    def _is_late(self, spec: Spec) -> bool:
        since, limit = self._since.get(spec.key), self._limits.seconds
        return limit is not None and since is not None and time.monotonic() - since >= limit


class Post:
    """Where runs leave word of how far they are, until somebody collects it."""

    def __init__(self) -> None:
        self._told: dict[str, Progress] = {}

    def tell(self, key: str, progress: Progress) -> None:
        """Leave word; only the last is kept."""
        self._told[key] = progress

    def collect(self) -> dict[str, Progress]:
        """Take all that was left."""
        told, self._told = self._told, {}
        return told


def execute_there(spec: Spec, code: Code, post: Any) -> Record:  # noqa: ANN401 - Ray's own type
    """What a node does for a run."""
    if found := difference(spec, code):  # also on nodes that came after the check
        raise refused(_this_node(), found)
    from harness.runs.execute import execute  # noqa: PLC0415 - it loads torch

    post.tell.remote(spec.key, Progress(0, 0.0))
    last = 0.0

    def report(step: int, loss: float) -> None:
        nonlocal last
        if time.monotonic() - last >= REPORT_EVERY:
            last = time.monotonic()
            post.tell.remote(spec.key, Progress(step, loss))

    return execute(spec, report)


def differences(kinds: Iterable[RunSpec], code: Code) -> str:
    """What a node says of itself: the first thing in which it differs."""
    return next((found for spec in kinds if (found := difference(spec, code))), "")


def _first(spec: Spec | None) -> Attempt | None:
    return None if spec is None else Attempt(spec)


def _see_that_it_answers(address: str) -> bool:
    """Whether the cluster is to be spoken to on the loopback interface alone.

    Raises:
        HarnessError: nothing answers there.
    """
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        raise HarnessError(f'"--address {address}" is no address: write HOST:PORT or ray://HOST:PORT.')
    try:
        socket.create_connection((host, int(port)), PATIENCE).close()
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise HarnessError(f"no Ray cluster answers at {address}: {why}.") from error
    if host not in {"localhost", "127.0.0.1", "::1"}:
        return False
    with suppress(OSError):
        socket.create_connection((_own_address(), int(port)), PATIENCE).close()
        return False
    return True


def _own_address() -> str:
    """That of this machine among others, found as Ray finds it; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # an address that is kept for documentation
        return str(probe.getsockname()[0])


def _ship(kinds: Iterable[RunSpec]) -> Path | None:
    """A copy of the plugin files that were named by a path below this folder, for Ray to take to the nodes."""
    named = {name for spec in kinds for name in (*spec.plugins, _file_of(spec.cell.target), _file_of(spec.task.target))}
    files = [Path(name) for name in sorted(named) if name.endswith(".py")]
    relative = [file for file in files if not file.is_absolute() and ".." not in file.parts and file.is_file()]
    if not relative:
        return None
    folder = Path(mkdtemp(prefix="harness-"))
    for file in relative:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, folder / file)
    return folder


def _file_of(target: str) -> str:
    found = Reference(target).in_file
    return found[0] if found else ""


def _name(node: dict[str, Any]) -> str:
    return f"node {node['NodeManagerAddress']}:{node['NodeManagerPort']}"


def _this_node() -> str:
    return f"node {socket.gethostname()}"


def _amounts(resources: dict[str, float]) -> str:
    return f"{resources.get('CPU', 0):g} CPU and {resources.get('GPU', 0):g} GPU"
