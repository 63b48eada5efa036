"""Runs, shown while they are executed."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from harness.cli.console import err, out
from harness.cli.live import Live
from harness.runs.sweep import sweep

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from harness.runs.executors import Executor
    from harness.runs.limits import Care
    from harness.runs.spec import Spec
    from harness.runs.store import Store

INTERRUPTED = 130
"""The shell's exit code of a program that Ctrl-C ended."""


def execute(specs: Sequence[Spec], store: Store, executor: Executor, care: Care) -> bool:
    """Execute and store some runs, and say how each ends.

    Args:
        specs: what to do.
        store: keeps the records.
        executor: executes them; whoever made it closes it.
        care: what a run may take, and how often it may be tried.

    Returns:
        Whether Ctrl-C stopped it.
    """
    if not specs:
        return False
    out.print()
    with Live(err, len(specs)) as live:
        interrupt = _Interrupt(executor, live)
        previous = signal.signal(signal.SIGINT, interrupt)
        try:
            for record in sweep(specs, store, executor, live, care.retries):
                live.finished(record)
        except KeyboardInterrupt:
            live.say("stopped; the runs in flight are dropped.")
            executor.close()
        finally:
            signal.signal(signal.SIGINT, previous)
    if interrupt.came:
        err.print("The same command goes on where this one stopped.")
    return interrupt.came


class _Interrupt:
    """What Ctrl-C does: the first finishes the runs in flight, the second drops them."""

    def __init__(self, executor: Executor, live: Live) -> None:
        self._executor = executor
        self._live = live
        self.came = False

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        if self.came:
            raise KeyboardInterrupt
        self.came = True
        self._executor.stop()
        self._live.say_from_handler("finishing the runs in flight; Ctrl-C again drops them.")
