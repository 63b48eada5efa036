"""Worker processes on this machine.

Workers are forked from a server that has torch loaded already (importing it takes seconds, such a fork a few
hundredths), and spawned where there is no fork server. Each takes one spec after another over a pipe of its own, so a
worker that dies takes one run with it, which becomes a record, and is replaced. A worker whose run goes over a limit is
ended, which is a record too. Workers end with the process that made them, however that ends.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from contextlib import suppress
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Annotated

from annotated_types import Ge

from harness.runs.environment import usable_cores
from harness.runs.executors.base import Executor, Listener, Progress
from harness.runs.executors.worker import Worker
from harness.runs.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from multiprocessing.context import BaseContext

    from harness.runs.limits import Keeping
    from harness.runs.record import Record
    from harness.runs.spec import RunSpec, Spec

LOOK_EVERY = 0.1
"""Seconds between two looks at the memory of the workers."""
TRIES = 3
"""How often a worker is started, if its server dies meanwhile."""


class Workers(Executor):
    """Worker processes on this machine.

    Args:
        workers: how many; one a core, or one on a GPU, unless given.
    """

    def __init__(self, workers: Annotated[int, Ge(1)] | None = None) -> None:
        self._count = workers
        self._limits = Limits()
        self._keeping: Keeping | None = None
        self._context = _context()
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
        waiting = iter(specs)
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

    def _ended(self, worker: Worker, record: Record, waiting: Iterator[Spec], listener: Listener) -> Iterator[Record]:
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

    def _hand_out(self, worker: Worker | None, waiting: Iterator[Spec], listener: Listener) -> None:
        """Give a worker the next spec, a new one where there is none; let it go where no spec is left."""
        spec = None if self._stopped else next(waiting, None)
        if spec is None:
            if worker:
                worker.dismiss()
            return
        worker = worker or self._new()
        self._workers.append(worker)
        worker.start(spec)
        listener.started(spec)

    def _new(self) -> Worker:
        """A new worker; the server that forks it may be killed just then, and is started anew."""
        for _ in range(TRIES - 1):
            with suppress(EOFError, ConnectionError):
                return Worker(self._context, self._keeping)
        return Worker(self._context, self._keeping)

    def _patience(self) -> float | None:
        """Seconds until a limit may be reached; None where there is none."""
        now = time.monotonic()
        ends = [worker.started + self._limits.seconds for worker in self._workers if self._limits.seconds is not None]
        times = [max(0.0, end - now) for end in ends] + [LOOK_EVERY] * (self._limits.memory is not None)
        return min(times, default=None)


def _context() -> BaseContext:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # libraries that read it at import: one thread a worker
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["harness.runs.execute"])
    return context
