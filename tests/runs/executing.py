"""What tests of executors share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.runs.executors import Executor, Listener
from harness.runs.plan import Plan, Request
from harness.runs.record import RunRecord

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.runs.record import Record
    from harness.runs.spec import RunSpec

Results = dict[str, tuple[object, ...]]


def specs(*cells: str, seeds: int = 2, plugins: tuple[str, ...] = (), **settings: object) -> list[RunSpec]:
    """Runs on a task that takes no time."""
    request = Request(cells, ("adding:length=5",), seeds, "smoke", "cpu", plugins=plugins, settings=settings)
    return list(Plan.make(request).specs())


def checked(executor: Executor, wanted: list[RunSpec], listener: Listener | None = None) -> Iterator[Record]:
    """The records of an executor that was asked first, and is closed at the end."""
    try:
        executor.check(wanted)
        yield from executor.run(wanted, listener or Listener())
    finally:
        executor.close()


def results(executor: Executor, wanted: list[RunSpec], listener: Listener | None = None) -> Results:
    """By run: how it ended, its scores, its learning curve and its weights."""
    records = [record for record in checked(executor, wanted, listener) if isinstance(record, RunRecord)]
    curves = {record.spec.key: [(p["step"], p["loss"], p["scores"]) for p in record.curve] for record in records}
    return {r.spec.key: (r.status, r.scores, curves[r.spec.key], r.state) for r in records}
