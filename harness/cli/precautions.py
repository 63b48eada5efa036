"""The options that several commands have on what a run may take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from harness.runs.limits import Limits

TimeLimit = Annotated[
    str | None, typer.Option("--time-limit", metavar="TIME", help="End a run that takes longer: 90s, 15min, 2h.")
]
MemoryLimit = Annotated[
    str | None,
    typer.Option("--memory-limit", metavar="SIZE", help="End a run whose worker uses more memory: 500MB, 2GB."),
]
CheckpointEvery = Annotated[
    str | None,
    typer.Option("--checkpoint-every", metavar="TIME", help="Note how far a run is, to go on from there: 60s, 10min."),
]


def interval(text: str | None) -> float | None:
    """The seconds between two checkpoints, as the user wrote it.

    Raises:
        HarnessError: it is no duration.
    """
    from harness.runs.limits import duration

    return None if text is None else duration(text, "--checkpoint-every")


def limits(time_limit: str | None, memory_limit: str | None, workers: int | None) -> Limits:
    """What a run may take, as the user wrote it.

    Raises:
        HarnessError: one is no duration or size, or there are no workers that could be ended.
    """
    from harness.errors import HarnessError
    from harness.runs.limits import Limits, duration, size

    found = Limits(
        None if time_limit is None else duration(time_limit, "--time-limit"),
        None if memory_limit is None else size(memory_limit, "--memory-limit"),
    )
    if workers == 0 and found != Limits():
        option = "--memory-limit" if found.seconds is None else "--time-limit"
        raise HarnessError(f"{option} ends a worker process, and --workers 0 has none: leave one of them out.")
    return found
