"""Tasks that turn one sequence into another: spelling to phonemes, and translation."""

from __future__ import annotations

from harness import hookimpl


@hookimpl
def harness_tasks() -> dict[str, str]:
    """The tasks of this package."""
    return {}
