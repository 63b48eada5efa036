"""Tasks on real handwritten digits: to be classified, spelled out, and read off a strip."""

from __future__ import annotations

from harness import hookimpl


@hookimpl
def harness_tasks() -> dict[str, str]:
    """The tasks of this package."""
    return {}
