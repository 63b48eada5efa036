"""A Ray cluster: connected to, with its nodes, what they have room for, and whether they are as this machine is."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError
from harness.runs.executors.ray.address import LOOPBACK, is_loopback
from harness.runs.executors.ray.node import Post, differences, execute_there
from harness.runs.executors.ray.shipping import ship
from harness.runs.executors.remote import Code, refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.runs.spec import RunSpec


class Cluster:
    """A Ray cluster that this process is connected to.

    Args:
        address: of it; of this machine alone, and made for it, where there is none.
        cpus: processors for a run.
        gpus: GPUs for a run.
        kinds: a run of each kind, whose plugins are taken along.

    Raises:
        HarnessError: the cluster cannot be used.
    """

    def __init__(self, address: str, cpus: float, gpus: float, kinds: Iterable[RunSpec]) -> None:
        self._cpus = cpus
        self._gpus = gpus
        local = not address or is_loopback(address)
        if local:
            os.environ.setdefault(LOOPBACK, "0")  # read when Ray is imported
        import ray  # noqa: PLC0415 - an extra
        import ray.exceptions  # noqa: PLC0415

        self.ray: Any = ray
        arguments: dict[str, Any] = {"address": address} if address else {"include_dashboard": False}
        if local and not address.startswith("ray://"):
            arguments["_node_ip_address"] = "127.0.0.1"
        self._shipped = ship(kinds)
        environment = {"working_dir": str(self._shipped)} if self._shipped else {}
        try:
            self.ray.init(**arguments, runtime_env=environment, log_to_driver=False, logging_level="ERROR")
        except Exception as error:
            self._forget_shipped()
            first = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise HarnessError(f"the Ray cluster {address or 'here'} cannot be used: {first}") from error
        self.post = self.ray.remote(num_cpus=0)(Post).remote()

    def close(self) -> None:
        """Leave the cluster, which ends the runs in flight."""
        self.ray.shutdown()
        self._forget_shipped()

    def slots(self) -> int:
        """How many runs the cluster has room for."""
        return max(1, sum(self._room(node) for node in self._nodes()))

    def task(self) -> Any:  # noqa: ANN401 - Ray's own type
        """What Ray calls for a run: it retries nothing itself, so that lost runs are counted here."""
        return self.ray.remote(num_cpus=self._cpus, num_gpus=self._gpus, max_retries=0)(execute_there)

    def check(self, kinds: Sequence[RunSpec], code: Code) -> None:
        """See that there is room for a run, and the same code and data on every node that has it.

        Args:
            kinds: a run of each kind.
            code: that of this machine.

        Raises:
            HarnessError: there is not.
        """
        nodes = self._nodes()
        roomy = [node for node in nodes if self._room(node)]
        if not roomy:
            has = "; ".join(f"{_name(node)} has {_amounts(node['Resources'])}" for node in nodes)
            need = _amounts({"CPU": self._cpus, "GPU": self._gpus})
            raise HarnessError(f"no node of the Ray cluster has room for a run, which needs {need}: {has}.")
        self._compare(roomy, kinds, code)

    def _nodes(self) -> list[dict[str, Any]]:
        return [node for node in self.ray.nodes() if node["Alive"]]

    def _room(self, node: dict[str, Any]) -> int:
        """How many runs a node has room for."""
        has = node["Resources"]
        places = [int(has.get("CPU", 0) / self._cpus)]
        if self._gpus:
            places.append(int(has.get("GPU", 0) / self._gpus))
        return min(places)

    def _compare(self, nodes: Iterable[dict[str, Any]], kinds: Sequence[RunSpec], code: Code) -> None:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy  # noqa: PLC0415 - an extra

        look = self.ray.remote(num_cpus=0, max_retries=0)(differences)
        answers = {}
        for node in nodes:
            there = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
            answers[look.options(scheduling_strategy=there).remote(kinds, code)] = node
        gone = 0
        for answer, node in answers.items():
            try:
                found = self.ray.get(answer)
            except (self.ray.exceptions.NodeDiedError, self.ray.exceptions.TaskUnschedulableError):
                gone += 1  # it went while it was asked: there may be others
                continue
            except Exception as error:  # noqa: BLE001 - Ray wraps whatever went wrong there
                found = f"it cannot load harness ({str(error).strip().splitlines()[-1]})"
            if found:
                raise refused(_name(node), found)
        if gone == len(answers):
            raise HarnessError("every node of the Ray cluster that has room for a run has gone just now: try again.")

    def _forget_shipped(self) -> None:
        if self._shipped is not None:
            shutil.rmtree(self._shipped, ignore_errors=True)


def _name(node: dict[str, Any]) -> str:
    return f"node {node['NodeManagerAddress']}:{node['NodeManagerPort']}"


def _amounts(resources: dict[str, float]) -> str:
    return f"{resources.get('CPU', 0):g} CPU and {resources.get('GPU', 0):g} GPU"
