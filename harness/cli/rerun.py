"""`harness rerun`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.console import examples
from harness.cli.precautions import CheckpointEvery, MemoryLimit, TimeLimit, interval, limits

if TYPE_CHECKING:
    from pathlib import Path

    from harness.runs.record import RunRecord

EPILOG = examples("harness rerun 3f1c", "harness rerun 3f1c 88ab --time-limit 2h", "harness rerun 3f1c --results night")


def command(
    runs: Annotated[
        list[str], typer.Argument(metavar="RUN...", help="Runs, or how their names begin; `harness runs` lists them.")
    ],
    results: Annotated[str, typer.Option(metavar="DIR", help="The results folder.")] = "results",
    workers: Annotated[
        int | None, typer.Option(min=0, help="Worker processes, as in harness run; 0: none but this.")
    ] = None,
    time_limit: TimeLimit = None,
    memory_limit: MemoryLimit = None,
    checkpoint_every: CheckpointEvery = None,
) -> None:
    """Try runs once more that failed, exactly as they were: what they give stands in the table instead."""
    from contextlib import closing
    from itertools import groupby
    from pathlib import Path

    from harness.analysis.files import write_files
    from harness.cli.console import out
    from harness.cli.execution import INTERRUPTED, Work, execute
    from harness.registry import current
    from harness.runs.executors import usual
    from harness.runs.limits import Care, Keeping
    from harness.runs.store import Store

    folder, found = Path(results), limits(time_limit, memory_limit, workers)
    failed = sorted(_failed(folder, runs), key=lambda record: (record.attempt, record.spec.device))
    with closing(Store(folder, create=True)) as store:
        for (attempt, _), records in groupby(failed, key=lambda record: (record.attempt, record.spec.device)):
            specs = [record.spec for record in records]
            executor = usual(current(), workers)
            executor.limit(found)
            executor.keep(Keeping(folder, interval(checkpoint_every)))
            executor.check(specs)
            with closing(executor):
                if execute(Work(specs), store, executor, Care(found, retries=attempt)):
                    raise typer.Exit(INTERRUPTED)
        path = write_files(store)
    out.print(f"table: {path} · what failed: harness runs {folder} --failed", style="dim", soft_wrap=True)


def _failed(folder: Path, runs: list[str]) -> list[RunRecord]:
    """The records of these runs.

    Raises:
        HarnessError: there is no such run, it did not fail, it would end the same way again, or its code has changed.
    """
    from contextlib import closing

    from harness.errors import HarnessError
    from harness.registry import install
    from harness.runs.record import PASSING
    from harness.runs.store import Store

    with closing(Store(folder)) as store:
        records = [store.run(name) for name in runs]
    plugins = install(tuple(name for record in records for name in record.spec.plugins))
    for record in records:
        spec = record.spec
        if record.status == "finished":
            raise HarnessError(f"run {spec.key[:8]} ({spec}) has finished: there is nothing to do again.")
        if record.status not in PASSING:
            raise HarnessError(f'run {spec.key[:8]} ({spec}) ended as "{record.status}", which it does each time.')
        for kind, catalog, used in (("cell", plugins.cells(), spec.cell), ("task", plugins.tasks(), spec.task)):
            found = catalog.find(used.target).component(used.target, dict(used.options))
            if found.identity() != used.identity():
                raise HarnessError(
                    f"the code of {kind} {used.label} has changed since run {spec.key[:8]}: `harness run` makes a "
                    "new run of it."
                )
    return records
