"""The card of a data set: what it is, where it comes from, and how it is recognised."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from harness.data.fetch import cache_folder, find, locate
from harness.data.sources import Address, LocalFiles, WheelMember
from harness.errors import DataError, HarnessError

if TYPE_CHECKING:
    import builtins
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True)
class DataSet:
    """A file, or some local files, that a task reads.

    Attributes:
        name: what users call it.
        summary: one line on what it is.
        source: where it comes from.
        file: what it is called in the folders of HARNESS_DATA and in the cache.
        bytes: its size.
        sha256: of its bytes: nothing else is ever used. Empty for local files, which are hashed as they are.
        licence: under which it is offered.
        citation: what to cite.
    """

    name: str
    summary: str
    source: Address | WheelMember | LocalFiles
    file: str = ""
    bytes: int = 0
    sha256: str = ""
    licence: str = ""
    citation: str = ""

    def read(self) -> builtins.bytes:  # the field of that name hides the type
        """The verified bytes, fetched if they are not on this machine yet.

        Raises:
            HarnessError: it cannot be had, or is not what it should be.
        """
        if not isinstance(self.source, LocalFiles):
            return locate(self).read_bytes()
        return b"\n".join(_read(path) for path in self.files())

    def files(self) -> list[Path]:
        """The files of a local data set, in order.

        Raises:
            HarnessError: there is none.
        """
        files = self.source.find() if isinstance(self.source, LocalFiles) else []
        if not files:
            raise DataError(f'no file matches "{self.name}".')
        return files

    @cached_property
    def fingerprint(self) -> str:
        """The sha256 of the bytes that `read` gives."""
        return self.sha256 or hashlib.sha256(self.read()).hexdigest()

    @property
    def size(self) -> str:
        """Its size for people: `5.9 MB`; empty for local files."""
        return f"{self.bytes / 1e6:.1f} MB" if self.bytes else ""

    def whereabouts(self) -> str:
        """Where it is found now: in a folder of HARNESS_DATA, in the cache, local, or not on this machine yet."""
        if isinstance(self.source, LocalFiles):
            return "local"
        path = find(self)
        if path is None:
            return "not fetched yet"
        return "cached" if path.is_relative_to(cache_folder()) else str(path.parent)


def decode_utf8(content: bytes) -> str:
    """UTF-8 text."""
    return content.decode("utf-8")


@dataclass(frozen=True)
class Corpus(DataSet):
    """A data set that is one long text.

    Attributes:
        decode: the text of the bytes.
        split: the shares of the training and validation text; the rest is the test text. Each is contiguous.
    """

    decode: Callable[[bytes], str] = decode_utf8
    split: tuple[float, float] = (0.9, 0.05)

    def __post_init__(self) -> None:
        if min(self.split) <= 0 or sum(self.split) >= 1 - 1e-9:
            raise HarnessError(f"{self.name}: split={self.split} leaves the training, validation or test text empty.")

    def text(self) -> str:
        """The whole text.

        Raises:
            HarnessError: it cannot be had, or is no text.
        """
        if not isinstance(self.source, LocalFiles):
            return self._text_of(self.read(), self.name)
        return "\n".join(self._text_of(_read(path), str(path)) for path in self.files())

    def _text_of(self, content: bytes, where: str) -> str:
        try:
            text = self.decode(content)
        except UnicodeDecodeError as error:
            raise DataError(
                f"{where} is not UTF-8 text: byte {error.start:,} is 0x{content[error.start]:02x}."
            ) from error
        if "\0" in text:
            raise DataError(f"{where} is not text: it has a zero byte.")
        return text


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
