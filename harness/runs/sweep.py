"""Executing what is missing of a plan: each record is durable before anybody hears of it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from harness.registry import current
from harness.runs.executors.base import Executor, Listener, Progress
from harness.runs.record import Record, RunRecord
from harness.runs.spec import RunSpec, Spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.runs.store import Store


def sweep(specs: Iterable[Spec], store: Store, executor: Executor, listener: Listener) -> Iterator[Record]:
    """Execute the specs, store each record, tell the plugins that listen, and pass the record on."""
    for record in executor.run(specs, Announcer(listener)):
        store.add(record)
        if isinstance(record, RunRecord):
            announce("harness_run_finished", record=record)
        yield record


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
