"""What hands runs out to a Ray cluster, and takes their records."""

from __future__ import annotations

import os
import time
from collections import deque
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

from annotated_types import Ge, Gt

from harness.errors import HarnessError
from harness.runs.executors.base import Executor, Listener
from harness.runs.executors.ray.address import is_loopback
from harness.runs.executors.ray.cluster import Cluster
from harness.runs.executors.ray.flight import Flight
from harness.runs.executors.remote import Attempt, Code, device
from harness.runs.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.runs.record import Record
    from harness.runs.spec import RunSpec, Spec

LOOK_EVERY = 0.2
"""Seconds between two looks at how far the runs are."""
AHEAD = 2
"""Runs that are handed out for each that the cluster has room for: what waits is where an autoscaler sees it."""


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
        self._cluster: Cluster | None = None
        self._code = Code.here()
        self._limits = Limits()
        self._stopped = False

    @classmethod
    def device(cls, name: str) -> str:
        """The device on the nodes: each run sees the GPUs that it was given, and no others."""
        return device(name)

    def places(self) -> int:
        """As many runs as the cluster has room for, once it is connected to."""
        return self._cluster.slots() if self._cluster else 1

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
            is_loopback(self._address)

    def check(self, specs: Iterable[RunSpec]) -> None:
        """Connect, and see that there is room for a run, and the same code and data on every node that has it."""
        kinds = list(specs)
        of_device = 1.0 if any(spec.device != "cpu" for spec in kinds) else 0.0
        gpus = of_device if self._gpus is None else self._gpus
        self._cluster = Cluster(self._address, self._cpus, gpus, kinds)
        self._cluster.check(kinds, self._code)

    def run(self, specs: Iterable[Spec], listener: Listener) -> Iterator[Record]:
        """Execute the specs on the cluster."""
        cluster = self._cluster
        if cluster is None:
            raise RuntimeError("check was not called")
        flight = Flight(cluster, self._code, listener, self._limits)
        waiting = iter(specs)
        again: deque[Attempt] = deque()
        room, looked = cluster.slots(), 0.0
        while True:
            while not self._stopped and len(flight) < AHEAD * room:
                attempt = again.popleft() if again else _first(next(waiting, None))
                if attempt is None:
                    break
                flight.hand_out(attempt)
            if not len(flight):
                return
            if self._stopped:
                flight.recall()
            if time.monotonic() - looked >= LOOK_EVERY:
                flight.look()
                room, looked = cluster.slots(), time.monotonic()
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
        if self._cluster is not None:
            self._cluster.close()
            self._cluster = None


def _first(spec: Spec | None) -> Attempt | None:
    return None if spec is None else Attempt(spec)
