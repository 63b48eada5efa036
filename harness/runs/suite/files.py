"""Files that people write and commit: read with what is wrong in a sentence, and never overwritten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import HarnessError

if TYPE_CHECKING:
    from pathlib import Path


def read_text(path: Path, what: str) -> str:
    """The text of a file.

    Raises:
        HarnessError: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise HarnessError(f"there is no {what} {path}.") from error
    except UnicodeDecodeError as error:
        raise HarnessError(f"{path} is no {what}: it is not a text in UTF-8.") from error
    except OSError as error:
        raise HarnessError(f"the {what} {path} cannot be read: {error.strerror}.") from error


def write_new(path: Path, text: str) -> None:
    """Write a text to a file that is not there yet.

    Raises:
        HarnessError: it is, or it cannot be written.
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise HarnessError(f"{path} exists already: nothing was overwritten; name another file.") from error
    except OSError as error:
        raise HarnessError(f"{path} cannot be written: {error.strerror}.") from error
