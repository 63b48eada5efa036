"""Runs, shown while they are executed."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.cli.console import err, out
from harness.cli.live import Live
from harness.runs.costs import Costs
from harness.runs.sweep import sweep

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

    from harness.runs.agenda import Agenda, Kind
    from harness.runs.executors import Executor
    from harness.runs.limits import Care
    from harness.runs.spec import Spec
    from harness.runs.store import Store

INTERRUPTED = 130
"""The shell's exit code of a program that Ctrl-C ended."""


@dataclass(frozen=True)
class Work:
    """What is to do.

    Attributes:
        first: what comes first, in this order.
        agenda: what else there is.
        kinds: what of that is to do.
    """

    first: Sequence[Spec]
    agenda: Agenda | None = None
    kinds: Sequence[Kind] = ()

    @property
    def count(self) -> int:
        """How many runs, baselines included."""
        return len(self.first) + sum(kind.count for kind in self.kinds)

    def keys(self) -> Iterator[str]:
        """Of all of it, in the order of the plan."""
        yield from (spec.key for spec in self.first)
        if self.agenda:
            yield from (spec.key for spec in self.agenda.in_order(self.kinds))

    def specs(self, costs: Costs, places: int) -> Iterator[Spec]:
        """All of it, the longest first after what comes first."""
        yield from self.first
        if self.agenda:
            yield from self.agenda.specs(self.kinds, costs, places)


def execute(work: Work, store: Store, executor: Executor, care: Care) -> bool:
    """Execute and store some runs, and say how each ends.

    Args:
        work: what to do.
        store: keeps the records.
        executor: executes them; whoever made it closes it.
        care: what a run may take, and how often it may be tried.

    Returns:
        Whether Ctrl-C stopped it.
    """
    if not work.count:
        return False
    store.reserve(work.keys())  # so that records stand in this order, whichever ends first
    costs = Costs()
    for spec, seconds, count in store.times():
        costs.learn(spec, seconds, count)
    out.print()
    with Live(err, work.count) as live:
        interrupt = _Interrupt(executor, live)
        previous = signal.signal(signal.SIGINT, interrupt)
        try:
            for record in sweep(work.specs(costs, executor.places()), store, executor, live, care.retries):
                costs.learn_from(record)
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
