"""Worker processes on this machine.

Each takes one spec after another, so a worker that dies takes one run with it, which becomes a record, and is replaced.
A worker whose run goes over a limit is ended, which is a record too.
"""

from __future__ import annotations

import time
import warnings
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Annotated

from annotated_types import Ge

from harness.errors import PluginWarning
from harness.runs.environment import usable_cores
from harness.runs.executors.base import Executor, Listener, Progress
from harness.runs.executors.waiting import Waiting
from harness.runs.executors.worker import Worker, context, start
from harness.runs.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.runs.limits import Keeping
    from harness.runs.record import Record
    from harness.runs.spec import RunSpec, Spec

REPORT_EVERY = 0.1
"""Seconds between two reports of a worker."""
LOOK_UP = 1.0
"""Seconds of a wait at most: a signal that comes just before one begins does not end it, and is handled after it."""


class Workers(Executor):
    """Worker processes on this machine.

    Args:
        workers: how many; one a core, or one on a GPU, unless given.
    """

    def __init__(self, workers: Annotated[int, Ge(1)] | None = None) -> None:
        self._count = workers
        self._limits = Limits()
        self._keeping: Keeping | None = None
        self._context = context()
        self._workers: list[Worker] = []
        self._stopped = False

    def places(self) -> int:
        """As many as there are workers."""
        return self._count or usable_cores()

    def limit(self, limits: Limits) -> None:
        """End a worker whose run goes over a limit."""
        self._limits = limits

    def keep(self, keeping: Keeping) -> None:
        """Keep checkpoints so."""
        self._keeping = keeping

    def check(self, specs: Iterable[RunSpec]) -> None:
        """Decide on the number of workers."""
        if self._count is None and any(spec.device != "cpu" for spec in specs):
            self._count = 1

    def run(self, specs: Iterable[Spec], listener: Listener) -> Iterator[Record]:
        """Execute the specs on all workers."""
        waiting = Waiting(specs, ahead=self.places())
        try:
            for _ in range(self.places()):
                self._hand_out(None, waiting, listener)
            while self._workers:
                busy = {worker.connection: worker for worker in self._workers}
                ready = [busy[connection] for connection in wait(list(busy), self._patience())]
                for worker in ready:
                    message = worker.receive()
                    if isinstance(message, Progress):
                        listener.progress(worker.spec, message)
                        continue
                    yield from self._ended(worker, message, waiting, listener)
                for worker in self._workers.copy():
                    if record := worker.over(self._limits):
                        yield from self._ended(worker, record, waiting, listener)
        finally:
            self.close()

    def stop(self) -> None:
        """Hand out no more; runs in flight are finished."""
        self._stopped = True

    def close(self) -> None:
        """End all workers at once."""
        for worker in self._workers:
            worker.end()
        self._workers.clear()

    def _ended(self, worker: Worker, record: Record, waiting: Waiting, listener: Listener) -> Iterator[Record]:
        """Pass on a record, and then give its worker, or another one in its place, the next run."""
        self._workers.remove(worker)
        try:
            yield record
        except BaseException:
            worker.end()
            raise
        alive = worker.process.is_alive()
        if not alive:
            worker.end()
        self._hand_out(worker if alive else None, waiting, listener)

    def _hand_out(self, worker: Worker | None, waiting: Waiting, listener: Listener) -> None:
        """Give a worker the next spec, a new one where there is none; let it go where no spec is left."""
        others = set[str]().union(*(other.tasks for other in self._workers))
        spec = None if self._stopped else waiting.take(worker.tasks if worker else (), others)
        if spec is None:
            if worker:
                worker.dismiss()
            return
        worker = worker or start(self._context, serve, self._keeping)
        self._workers.append(worker)
        worker.hand(spec)
        listener.started(spec)

    def _patience(self) -> float:
        """Seconds until a limit may be reached, or until it is time to look up."""
        times = (worker.patience(self._limits) for worker in self._workers)
        return min([LOOK_UP, *(each for each in times if each is not None)])


def serve(connection: Connection, keeping: Keeping | None) -> None:
    """What a worker does: execute what it is handed until it is handed nothing."""
    from harness.runs.execute import execute  # noqa: PLC0415 - it loads torch, which the fork server has done already

    warnings.simplefilter("ignore", PluginWarning)  # it was told when the run was prepared
    last = 0.0

    def report(step: int, loss: float) -> None:
        nonlocal last
        if time.monotonic() - last >= REPORT_EVERY:
            last = time.monotonic()
            connection.send(Progress(step, loss))

    while (spec := connection.recv()) is not None:
        connection.send(execute(spec, report, keeping))
