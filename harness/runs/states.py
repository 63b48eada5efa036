"""The trained weights of runs: a file each in the folder `states` of a results folder, in the safetensors format."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from harness.errors import HarnessError

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "states"


def keep_state(folder: Path, key: str, state: bytes) -> None:
    """Write the weights of a run so that they are there whole or not at all; nothing where there are none.

    Raises:
        HarnessError: they cannot be written.
    """
    path = _path(folder, key)
    if not state or path.exists():
        return
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        path.parent.mkdir(exist_ok=True)
        _write(part, state)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise HarnessError(f"the weights of run {key} cannot be kept in {path.parent}: {error.strerror}.") from error


def _write(path: Path, content: bytes) -> None:
    """Return when it is on the disk."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def read_state(folder: Path, key: str) -> bytes:
    """The weights of a run.

    Raises:
        HarnessError: they are not kept.
    """
    try:
        return _path(folder, key).read_bytes()
    except FileNotFoundError as error:
        raise HarnessError(f"the weights of run {key} are not kept: {_path(folder, key)} is not there.") from error


def find_state(folder: Path, key: str) -> bytes:
    """The weights of a run; nothing where they are not kept."""
    path = _path(folder, key)
    return path.read_bytes() if path.is_file() else b""


def _path(folder: Path, key: str) -> Path:
    return folder / FOLDER / f"{key}.safetensors"
