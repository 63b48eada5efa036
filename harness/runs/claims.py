"""Who runs what: several commands on one results folder share the work.

A claim is a row of the store that names its owner. It holds as long as the owner lives: each command locks a file of
its own in the folder `running`, and the system lets go of that lock when the command ends, however it ends.
"""

from __future__ import annotations

import os
import re
import secrets
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from harness.runs.durable import make_folder

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "running"
_NAME = re.compile(r"[0-9]+-[0-9a-f]+")


def in_use(folder: Path) -> bool:
    """Whether some command is running things there."""
    return any(_alive(path) for path in (folder / FOLDER).glob("*.lock"))


class Owner:
    """A command that runs things, as others see it.

    Args:
        folder: the results folder.

    Raises:
        OSError: the lock cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER
        make_folder(self._folder)
        self.name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._lock = FileLock(self._path(self.name))
        self._lock.acquire(blocking=False)

    def sees(self, other: str) -> bool:
        """Whether another owner still lives; what is left of one that does not is taken away."""
        if not _NAME.fullmatch(other):  # names come from a file that others may have written
            return False
        return other == self.name or _alive(self._path(other))

    def leave(self) -> None:
        """Let go."""
        self._lock.release()
        self._path(self.name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.lock"


def _alive(path: Path) -> bool:
    """Whether somebody holds a lock; the file of one that nobody holds is taken away."""
    if not path.exists():
        return False
    try:
        FileLock(path, blocking=False).acquire().lock.release()
    except Timeout:
        return True
    path.unlink(missing_ok=True)
    return False
