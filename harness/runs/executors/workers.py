"""Worker processes on this machine.

Workers are forked from a server that has torch loaded already (importing it takes seconds, such a fork a few
hundredths), and spawned where there is no fork server. Each takes one spec after another over a pipe of its own, so a
worker that dies takes one run with it, which becomes a record, and is replaced.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from contextlib import suppress
from datetime import UTC, datetime
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Annotated, Any

from annotated_types import Ge

from harness.runs.environment import usable_cores
from harness.runs.executors.base import Executor, Listener, Progress
from harness.runs.record import BaselineRecord, Record, RunRecord
from harness.runs.spec import RunSpec, Spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from multiprocessing.context import BaseContext

REPORT_EVERY = 0.1
"""Seconds between two reports of a worker."""


class Workers(Executor):
    """Worker processes on this machine.

    Args:
        workers: how many; one a core, or one on a GPU, unless given.
    """

    def __init__(self, workers: Annotated[int, Ge(1)] | None = None) -> None:
        self._count = workers
        self._context = _context()
        self._workers: list[Worker] = []
        self._stopped = False

    def check(self, specs: Iterable[RunSpec]) -> None:
        """Decide on the number of workers."""
        if self._count is None and any(spec.device != "cpu" for spec in specs):
            self._count = 1

    def run(self, specs: Iterable[Spec], listener: Listener) -> Iterator[Record]:
        """Execute the specs on all workers."""
        waiting = iter(specs)
        try:
            for _ in range(self._count or usable_cores()):
                self._hand_out(None, waiting, listener)
            while self._workers:
                busy = {worker.connection: worker for worker in self._workers}
                for connection in wait(list(busy)):
                    worker = busy[connection]
                    message = worker.receive()
                    if isinstance(message, Progress):
                        listener.progress(worker.spec, message)
                        continue
                    yield message
                    self._workers.remove(worker)
                    self._hand_out(worker if worker.process.is_alive() else None, waiting, listener)
        finally:
            self.close()

    def stop(self) -> None:
        """Hand out no more; runs in flight are finished."""
        self._stopped = True

    def close(self) -> None:
        """End all workers at once."""
        for worker in self._workers:
            worker.process.kill()
            worker.process.join()
        self._workers.clear()

    def _hand_out(self, worker: Worker | None, waiting: Iterator[Spec], listener: Listener) -> None:
        """Give a worker the next spec, a new one where there is none; let it go where no spec is left."""
        spec = None if self._stopped else next(waiting, None)
        if spec is None:
            if worker:
                worker.dismiss()
            return
        worker = worker or Worker(self._context)
        worker.start(spec)
        self._workers.append(worker)
        listener.started(spec)


class Worker:
    """A worker process, seen from the process that hands out runs."""

    spec: Spec

    def __init__(self, context: Any) -> None:  # noqa: ANN401 - multiprocessing's contexts share no useful type
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()  # so that the end of the worker is the end of the pipe

    def start(self, spec: Spec) -> None:
        """Hand it a run."""
        self.spec = spec
        with suppress(BrokenPipeError):  # it died meanwhile: receiving says so
            self.connection.send(spec)

    def receive(self) -> Progress | Record:
        """The next message; a record of the crash where the worker has died."""
        try:
            message: Progress | Record = self.connection.recv()
        except (EOFError, ConnectionResetError):
            self.process.join()
            return crashed(self.spec, self.process.exitcode)
        return message

    def dismiss(self) -> None:
        """Let it end by itself."""
        with suppress(BrokenPipeError):
            self.connection.send(None)
        self.process.join()


def serve(connection: Connection) -> None:
    """What a worker does: execute what it is handed until it is handed nothing."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that hands out runs
    from harness.runs.execute import execute  # noqa: PLC0415 - it loads torch, which the fork server has done already

    last = 0.0

    def report(step: int, loss: float) -> None:
        nonlocal last
        if time.monotonic() - last >= REPORT_EVERY:
            last = time.monotonic()
            connection.send(Progress(step, loss))

    with suppress(EOFError, BrokenPipeError):  # the other side is gone, and nobody wants the rest
        while (spec := connection.recv()) is not None:
            connection.send(execute(spec, report))


def crashed(spec: Spec, exit_code: int | None) -> Record:
    """The record of a run whose worker died."""
    code = exit_code or 0
    how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"exited with code {code}"
    hint = " (out of memory?)" if code == -signal.SIGKILL else ""
    now = datetime.now(UTC).isoformat()
    if isinstance(spec, RunSpec):
        return RunRecord(spec, "crashed", f"the worker {how}{hint}", finished=now)
    return BaselineRecord(spec, reason=f"the worker {how}{hint}", finished=now)


def _context() -> BaseContext:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # libraries that read it at import: one thread a worker
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["harness.runs.execute"])
    return context
