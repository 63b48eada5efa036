"""Worker processes on this machine.

Workers are forked from a server that has torch loaded already (importing it takes seconds, such a fork a few
hundredths), and spawned where there is no fork server. Each takes one spec after another over a pipe of its own, so a
worker that dies takes one run with it, which becomes a record, and is replaced. A worker whose run goes over a limit is
ended, which is a record too. Workers end with the process that made them, however that ends.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Annotated, Any

import psutil
from annotated_types import Ge

from harness.runs.environment import usable_cores
from harness.runs.executors.base import Executor, Listener, Progress
from harness.runs.limits import Limits, duration_text, size_text
from harness.runs.record import BaselineRecord, Record, RunRecord, Status
from harness.runs.spec import RunSpec, Spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from multiprocessing.context import BaseContext

    from harness.runs.limits import Keeping

REPORT_EVERY = 0.1
"""Seconds between two reports of a worker."""
LOOK_EVERY = 0.1
"""Seconds between two looks at the memory of the workers."""
TRIES = 3
"""How often a worker is started, if its server dies meanwhile."""
GRACE = 5
"""Seconds for a worker to end by itself."""


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


class Worker:
    """A worker process, seen from the process that hands out runs."""

    spec: Spec
    started: float
    """The moment when it was handed the run, on the monotonic clock."""

    def __init__(self, context: Any, keeping: Keeping | None) -> None:  # noqa: ANN401 - contexts share no useful type
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs, keeping), daemon=True)
        self.process.start()
        theirs.close()  # so that the end of the worker is the end of the pipe

    def start(self, spec: Spec) -> None:
        """Hand it a run."""
        self.spec, self.started = spec, time.monotonic()
        with suppress(ConnectionError):  # it died meanwhile: receiving says so
            self.connection.send(spec)

    def receive(self) -> Progress | Record:
        """The next message; a record of the crash where the worker has died."""
        try:
            message: Progress | Record = self.connection.recv()
        except (EOFError, ConnectionError):
            self.process.join()
            return crashed(self.spec, self.process.exitcode)
        return message

    def over(self, limits: Limits) -> Record | None:
        """End it if its run has gone over a limit, and give the record of that."""
        ended: tuple[Status, str] | None = None
        if limits.seconds is not None and time.monotonic() - self.started >= limits.seconds:
            ended = "out of time", overdue(limits)
        elif limits.memory is not None and (used := self._memory()) > limits.memory:
            ended = "out of memory", f"it used {size_text(used)}, more than {size_text(limits.memory)} (--memory-limit)"
        if ended is None or self.connection.poll():  # what it says comes first: it may be done
            return None
        self.end()
        return failure(self.spec, *ended)

    def dismiss(self) -> None:
        """Let it end by itself; a thread that a cell left behind may not let it."""
        with suppress(ConnectionError):
            self.connection.send(None)
        self.process.join(GRACE)
        self.end()

    def end(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.join()
        self.connection.close()

    def _memory(self) -> int:
        """Bytes of main memory that it has in use."""
        try:
            return int(psutil.Process(self.process.pid).memory_info().rss)
        except psutil.NoSuchProcess:  # receiving will say so
            return 0


def serve(connection: Connection, keeping: Keeping | None) -> None:
    """What a worker does: execute what it is handed until it is handed nothing."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that hands out runs
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from harness.runs.execute import execute  # noqa: PLC0415 - it loads torch, which the fork server has done already

    last = 0.0

    def report(step: int, loss: float) -> None:
        nonlocal last
        if time.monotonic() - last >= REPORT_EVERY:
            last = time.monotonic()
            connection.send(Progress(step, loss))

    with suppress(EOFError, ConnectionError):  # the other side is gone, and nobody wants the rest
        while (spec := connection.recv()) is not None:
            connection.send(execute(spec, report, keeping))


def _end_with_parent() -> None:
    """Wait for the process that hands out runs to end, and end then, in the middle of whatever runs."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def crashed(spec: Spec, exit_code: int | None) -> Record:
    """The record of a run whose worker died."""
    code = exit_code or 0
    how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"exited with code {code}"
    hint = " (out of memory?)" if code == -signal.SIGKILL else ""
    return failure(spec, "crashed", f"the worker {how}{hint}")


def overdue(limits: Limits) -> str:
    """Why a run was ended that took too long."""
    return f"it was not done after {duration_text(limits.seconds or 0)} (--time-limit)"


def failure(spec: Spec, status: Status, reason: str) -> Record:
    """The record of a run that left none itself."""
    now = datetime.now(UTC).isoformat()
    if isinstance(spec, RunSpec):
        return RunRecord(spec, status, reason, finished=now)
    return BaselineRecord(spec, reason=reason, finished=now)


def _context() -> BaseContext:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # libraries that read it at import: one thread a worker
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["harness.runs.execute"])
    return context
