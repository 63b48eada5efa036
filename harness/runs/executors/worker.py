"""A process of its own for what may be the end of it, seen from the process that hands it out.

Workers are forked from a server that has torch loaded already (importing it takes seconds, such a fork a few
hundredths), and spawned where there is no fork server. Each takes one thing after another over a pipe of its own. They
end with the process that made them, however that ends.
"""

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

from harness.errors import HarnessError
from harness.runs.executors.failures import crashed, failure, overdue
from harness.runs.limits import size_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.context import BaseContext

    from harness.runs.limits import Limits
    from harness.runs.record import Record, Status
    from harness.runs.spec import Spec

LOOK_EVERY = 0.1
"""Seconds between two looks at the memory of a worker."""
TRIES = 3
"""How often a worker is started, if its server dies meanwhile."""
GRACE = 5
"""Seconds for a worker to end by itself."""


class Worker:
    """A worker process.

    Args:
        context: what makes processes.
        serve: what it does: it is given its end of the pipe, and takes one thing after another from there.
        *arguments: of that, too.
    """

    spec: Spec
    """The run that it is at."""
    started: float
    """The moment when it was handed that, on the monotonic clock."""

    def __init__(self, context: Any, serve: Callable[..., None], *arguments: object) -> None:  # noqa: ANN401 - contexts share no useful type
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(serve, theirs, *arguments), daemon=True)
        self.process.start()
        theirs.close()  # so that the end of the worker is the end of the pipe
        self.tasks: set[str] = set()
        """Those that it has been handed."""

    def hand(self, spec: Spec, question: str | None = None) -> None:
        """Hand it a run, or a question about a run."""
        self.spec, self.started = spec, time.monotonic()
        self.tasks.add(spec.task.label)
        with suppress(ConnectionError):  # it died meanwhile: receiving says so
            self.connection.send(spec if question is None else (question, spec))

    def receive(self) -> Any:  # noqa: ANN401 - whatever it serves
        """The next message; a record of the crash where the worker has died."""
        try:
            return self.connection.recv()
        except (EOFError, ConnectionError):
            self.process.join()
            return crashed(self.spec, self.process.exitcode)

    def patience(self, limits: Limits) -> float | None:
        """Seconds until it may be over a limit; None where there is none."""
        times = [] if limits.memory is None else [LOOK_EVERY]
        if limits.seconds is not None:
            times.append(max(0.0, self.started + limits.seconds - time.monotonic()))
        return min(times, default=None)

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


def start(context: Any, serve: Callable[..., None], *arguments: object) -> Worker:  # noqa: ANN401 - as above
    """A new worker; the server that forks it may be killed just then, and is started anew.

    Raises:
        HarnessError: it was killed each time.
    """
    for _ in range(TRIES):
        with suppress(EOFError, ConnectionError):
            return Worker(context, serve, *arguments)
    raise HarnessError(
        f"no worker can be started: what forks them was ended {TRIES} times in a row (out of memory?). What was "
        "reported is safe, and the same command goes on."
    )


def _serve(serve: Callable[..., None], connection: Connection, *arguments: object) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that hands out
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with suppress(EOFError, ConnectionError):  # the other side is gone, and nobody wants the rest
        serve(connection, *arguments)


def _end_with_parent() -> None:
    """Wait for the process that hands out runs to end, and end then, in the middle of whatever runs."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def context() -> BaseContext:
    """What makes processes."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # libraries that read it at import: one thread a worker
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload(["harness.runs.execute"])
    return made
