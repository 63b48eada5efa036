"""What a shell proposes after `--cells` and `--tasks`."""

from __future__ import annotations


def cells(incomplete: str) -> list[str]:
    """The names of cells, after what is already listed."""
    from harness.registry import current

    return _continue(incomplete, [entry.name for entry in current().cells()])


def tasks(incomplete: str) -> list[str]:
    """The names of tasks, after what is already listed."""
    from harness.registry import current

    return _continue(incomplete, [entry.name for entry in current().tasks()])


def _continue(incomplete: str, names: list[str]) -> list[str]:
    from harness.registry import ALL

    before, comma, last = incomplete.rpartition(",")
    return [before + comma + name for name in [*names, ALL] if name.startswith(last)]
