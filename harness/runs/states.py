"""The trained weights of runs: a file each in the folder `states` of a results folder, in the safetensors format."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.runs.durable import PART, make_folder, write_durably

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "states"
CHECKPOINTS = "checkpoints"
_KEY = re.compile(r"[0-9a-f]+")


def keep_state(folder: Path, key: str, state: bytes) -> None:
    """Write the weights of a run so that they are there whole or not at all; nothing where there are none.

    Raises:
        HarnessError: they cannot be written.
    """
    if not state:
        return
    path = _path(folder, key)
    try:
        make_folder(path.parent)
        write_durably(path, state)
    except OSError as error:
        raise HarnessError(f"the weights of run {key} cannot be kept in {path.parent}: {error.strerror}.") from error


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


def forget(folder: Path, key: str) -> None:
    """Take away the checkpoint of a run that needs it no more."""
    path = place(folder, CHECKPOINTS, key)
    for left in (path, path.with_name(path.name + PART)):
        left.unlink(missing_ok=True)


def sweep_up(folder: Path) -> None:
    """Take away what a writer left that was killed; only while nobody else can write."""
    for part in (folder / FOLDER).glob(f"*{PART}"):
        part.unlink(missing_ok=True)


def place(folder: Path, kind: str, key: str) -> Path:
    """Where a file of a run lies in a results folder.

    Raises:
        HarnessError: it is no key: a results folder that others wrote must not name files outside of it.
    """
    if not _KEY.fullmatch(key):
        raise HarnessError(f'"{key}" is no key of a run.')
    return folder / kind / f"{key}.safetensors"


def _path(folder: Path, key: str) -> Path:
    return place(folder, FOLDER, key)
