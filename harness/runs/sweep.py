"""Executing what is missing of a plan: each record is durable before anybody hears of it."""

from __future__ import annotations

import time
import warnings
from typing import TYPE_CHECKING

from harness.registry import current
from harness.runs.executors.base import Executor, Listener, Progress
from harness.runs.record import PASSING, Record, RunRecord
from harness.runs.spec import RunSpec, Spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.runs.store import Store

LOOK_AGAIN = 0.5
"""Seconds between two looks at what another command is running."""


def sweep(
    specs: Iterable[Spec], store: Store, executor: Executor, listener: Listener, retries: int = 0
) -> Iterator[Record]:
    """Execute the specs, store each record, tell the plugins that listen, and pass the record on.

    What another command on the same results folder is running is left to it: its records are passed on too, once they
    are there; if it ends without one, the run is done here. What failed and may pass is tried again after all others.

    Args:
        specs: what to do.
        store: keeps it.
        executor: does it.
        listener: is told.
        retries: how often a run may be tried again.
    """
    waiting: Iterable[Spec] = specs
    announcer = Announcer(listener)
    while True:
        shared = _Round(waiting, store, retries + 1)
        for record in executor.run(shared.specs(), announcer):
            stored = store.add(record)
            if isinstance(stored, RunRecord):
                announce("harness_run_finished", record=stored)
            if stored.status in PASSING and stored.attempt <= retries:
                shared.again.append(stored.spec)
            yield stored
        yield from store.records(shared.done)
        waiting = [*shared.again, *shared.held]
        if not waiting or not shared.whole:
            return
        if not shared.again:
            listener.waiting(len(shared.held))
            time.sleep(LOOK_AGAIN)


class _Round:
    """What of some specs is ours to do now."""

    def __init__(self, specs: Iterable[Spec], store: Store, attempts: int) -> None:
        self._specs = specs
        self._store = store
        self._attempts = attempts
        self.done: list[Spec] = []
        """What another command has done."""
        self.held: list[Spec] = []
        """What another command is at."""
        self.again: list[Spec] = []
        """What has failed and is tried again."""
        self.whole = False
        """Whether everything was asked for: an executor that was stopped asks for no more."""

    def specs(self) -> Iterator[Spec]:
        """Those that are claimed, one as each is wanted."""
        for spec in self._specs:
            claim = self._store.claim(spec, self._attempts)
            if claim == "taken":
                yield spec
            else:
                (self.done if claim == "done" else self.held).append(spec)
        self.whole = True


class Announcer(Listener):
    """Passes what happens on to the hooks of plugins, and to another listener."""

    def __init__(self, inner: Listener) -> None:
        self._inner = inner

    def started(self, spec: Spec) -> None:
        """A run has been handed out."""
        self._inner.started(spec)
        if isinstance(spec, RunSpec):
            announce("harness_run_started", spec=spec)

    def progress(self, spec: Spec, progress: Progress) -> None:
        """A run has come further."""
        self._inner.progress(spec, progress)
        if isinstance(spec, RunSpec):
            announce("harness_run_progress", spec=spec, progress=progress)


def announce(hook: str, **arguments: object) -> None:
    """Call a hook of every plugin that listens; one that fails is told of and disturbs no run."""
    plugins = current()
    for implementation in getattr(plugins.manager.hook, hook).get_hookimpls():
        try:
            implementation.function(*(arguments[name] for name in implementation.argnames))
        except Exception as error:  # noqa: BLE001 - a listener is other people's code
            origin = plugins.origins[implementation.plugin_name]
            warnings.warn(f"{hook} of {origin} failed: {type(error).__name__}: {error}", RuntimeWarning, stacklevel=2)
