"""Plugin files that were named by a path, taken along to the nodes."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from harness.registry import Reference

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.runs.spec import RunSpec


def ship(kinds: Iterable[RunSpec]) -> Path | None:
    """A copy of the plugin files that were named by a path below this folder, for Ray to take to the nodes."""
    named = {name for spec in kinds for name in (*spec.plugins, _file_of(spec.cell.target), _file_of(spec.task.target))}
    files = [Path(name) for name in sorted(named) if name.endswith(".py")]
    relative = [file for file in files if not file.is_absolute() and ".." not in file.parts and file.is_file()]
    if not relative:
        return None
    folder = Path(mkdtemp(prefix="harness-"))
    for file in relative:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, folder / file)
    return folder


def _file_of(target: str) -> str:
    found = Reference(target).in_file
    return found[0] if found else ""
