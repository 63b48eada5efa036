"""What submits runs to Slurm as jobs, and takes their records."""

from __future__ import annotations

import shutil
import time
from collections import deque
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Annotated, Any, Literal

from annotated_types import Ge, Gt

from harness.errors import HarnessError
from harness.runs.executors.base import Executor, Listener
from harness.runs.executors.remote import Attempt, Code, device
from harness.runs.executors.slurm.flight import Flight
from harness.runs.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.runs.record import Record
    from harness.runs.spec import RunSpec, Spec

LOOK_EVERY = 0.5
"""Seconds between two looks at the jobs."""


class Slurm(Executor):
    """Jobs of a Slurm cluster.

    Source: https://github.com/facebookincubator/submitit

    Args:
        workers: jobs that are submitted at the same time.
        runs: in each job, one after another: more than one where jobs wait long and runs are short.
        minutes: that a job may take.
        cpus: processors for a job.
        gpus: GPUs for a job; 1 with --device cuda unless given.
        memory: gigabytes for a job; what the cluster gives unless given.
        partition: where jobs are submitted; the cluster's own choice unless given.
        account: that pays for them; likewise.
        folder: that this machine and the nodes share; jobs and their records are kept in it while they are needed.
        cluster: "slurm", or "local" to try the same on this machine, in processes instead of jobs.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - an option each
        self,
        workers: Annotated[int, Ge(1)] = 32,
        runs: Annotated[int, Ge(1)] = 1,
        minutes: Annotated[int, Ge(1)] = 60,
        cpus: Annotated[int, Ge(1)] = 1,
        gpus: Annotated[int, Ge(0)] | None = None,
        memory: Annotated[float, Gt(0)] | None = None,
        partition: str = "",
        account: str = "",
        folder: str = ".",
        cluster: Literal["slurm", "local"] = "slurm",
    ) -> None:
        self._most = workers
        self._runs = runs
        self._cluster = cluster
        self._folder = Path(folder)
        self._gpus = gpus
        given = {"mem_gb": memory, "slurm_partition": partition, "slurm_account": account}
        wanted = {name: value for name, value in given.items() if value}
        self._parameters: dict[str, Any] = {"name": "harness", "timeout_min": minutes, "cpus_per_task": cpus, **wanted}
        self._code = Code.here()
        self._flight: Flight | None = None
        self._submitter: Any = None
        self._place: Path | None = None
        self._stopped = False

    @classmethod
    def device(cls, name: str) -> str:
        """The device on the nodes: each job sees the GPUs that it was given, and no others."""
        return device(name)

    def places(self) -> int:
        """As many as there are jobs."""
        return self._most

    def limit(self, limits: Limits) -> None:
        """What a job may take is said in the name of the executor."""
        if limits != Limits():
            raise HarnessError("what a Slurm job may take is said as --executor slurm:minutes=30:memory=4.")

    def reach(self) -> None:
        """See that there is a Slurm to submit to."""
        if find_spec("submitit") is None:
            raise HarnessError('--executor slurm needs submitit: pip install "cell-harness[slurm]".')
        if self._cluster == "slurm" and shutil.which("sbatch") is None:
            raise HarnessError(
                "there is no Slurm here: no sbatch is found. Start this where jobs are submitted, or try it on this "
                "machine with --executor slurm:cluster=local."
            )

    def check(self, specs: Iterable[RunSpec]) -> None:
        """Make a folder for the jobs, which see to their nodes themselves."""
        import submitit  # noqa: PLC0415 - an extra

        gpus = (1 if any(spec.device != "cpu" for spec in specs) else 0) if self._gpus is None else self._gpus
        try:
            self._place = Path(mkdtemp(prefix=".harness-jobs-", dir=self._folder)).absolute()
        except OSError as error:
            raise HarnessError(f"jobs cannot be kept in the folder {self._folder}: {error.strerror}.") from error
        self._submitter = submitit.AutoExecutor(folder=self._place / "%j", cluster=self._cluster)
        self._submitter.update_parameters(**self._parameters, **({"gpus_per_node": gpus} if gpus else {}))

    def run(self, specs: Iterable[Spec], listener: Listener) -> Iterator[Record]:
        """Execute the specs in jobs."""
        if self._place is None:
            raise RuntimeError("check was not called")
        flight = self._flight = Flight(self._submitter, self._place, self._code, listener)
        waiting = (Attempt(spec) for spec in specs)
        again: deque[Attempt] = deque()
        while True:
            flight.submit([*self._batches(self._most - len(flight), again, waiting)])
            if not len(flight):
                return
            if self._stopped:
                flight.recall()
            for outcome in flight.ended():
                if isinstance(outcome, Attempt):
                    again.append(outcome)
                else:
                    yield outcome
            flight.look()
            time.sleep(LOOK_EVERY)

    def stop(self) -> None:
        """Submit no more jobs."""
        self._stopped = True

    def close(self) -> None:
        """Cancel all jobs."""
        self._stopped = True
        if self._flight is not None:
            self._flight.cancel()
        if self._place is not None:
            shutil.rmtree(self._place, ignore_errors=True)

    def _batches(self, room: int, again: deque[Attempt], waiting: Iterator[Attempt]) -> Iterator[list[Attempt]]:
        """What the next jobs are to run, as far as there is room for jobs."""
        for _ in range(room):
            if self._stopped:
                return
            batch = [again.popleft()] if again else list(islice(waiting, self._runs))
            if not batch:
                return
            yield batch
