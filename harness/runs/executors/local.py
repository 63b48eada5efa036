"""In this process, one run after another: for debuggers and profilers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from harness.runs.executors.base import Executor, Listener, Progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.runs.limits import Keeping
    from harness.runs.record import Record
    from harness.runs.spec import Spec


class InProcess(Executor):
    """This process, one run after another: for debuggers and profilers."""

    here = True

    def __init__(self) -> None:
        self._keeping: Keeping | None = None
        self._stopped = False

    def keep(self, keeping: Keeping) -> None:
        """Keep checkpoints so."""
        self._keeping = keeping

    def run(self, specs: Iterable[Spec], listener: Listener) -> Iterator[Record]:
        """Execute one after another."""
        from harness.runs.execute import execute  # noqa: PLC0415 - it loads torch

        for spec in specs:
            if self._stopped:
                return
            listener.started(spec)
            yield execute(spec, partial(_report, listener, spec), self._keeping)

    def stop(self) -> None:
        """Hand out no more."""
        self._stopped = True

    def close(self) -> None:
        """Nothing is in flight between two runs."""
        self._stopped = True


def _report(listener: Listener, spec: Spec, step: int, loss: float) -> None:
    listener.progress(spec, Progress(step, loss))
