"""The card of a data set: what it is, where it comes from, and how it is recognised."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from harness.data.fetch import locate
from harness.data.sources import Address, LocalFiles, WheelMember
from harness.errors import HarnessError


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

    def read(self) -> bytes:
        """The verified bytes, fetched if they are not on this machine yet.

        Raises:
            HarnessError: it cannot be had, or is not what it should be.
        """
        if not isinstance(self.source, LocalFiles):
            return locate(self).read_bytes()
        files = self.source.find()
        if not files:
            raise HarnessError(f'no file matches "{self.name}".')
        return b"\n".join(path.read_bytes() for path in files)

    @cached_property
    def fingerprint(self) -> str:
        """The sha256 of the bytes that `read` gives."""
        return self.sha256 or hashlib.sha256(self.read()).hexdigest()


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

    def text(self) -> str:
        """The whole text.

        Raises:
            HarnessError: it cannot be had, or is no text.
        """
        content = self.read()
        try:
            text = self.decode(content)
        except UnicodeDecodeError as error:
            raise HarnessError(
                f"{self.name} is not UTF-8 text: byte {error.start:,} is 0x{content[error.start]:02x}."
            ) from error
        if "\0" in text:
            raise HarnessError(f"{self.name} is not text: it has a zero byte.")
        return text
