"""A worker process: seen from the process that hands out runs, and from within."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any

import psutil

from harness.runs.executors.base import Progress
from harness.runs.executors.failures import crashed, failure, overdue
from harness.runs.limits import size_text

if TYPE_CHECKING:
    from harness.runs.limits import Keeping, Limits
    from harness.runs.record import Record, Status
    from harness.runs.spec import Spec

REPORT_EVERY = 0.1
"""Seconds between two reports of a worker."""
GRACE = 5
"""Seconds for a worker to end by itself."""


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
