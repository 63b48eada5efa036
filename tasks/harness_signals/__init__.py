"""Tasks on signals of several channels: speech and music."""

from __future__ import annotations

from harness import hookimpl


@hookimpl
def harness_tasks() -> dict[str, str]:
    """The tasks of this package."""
    return {}
