"""Pieces of labelled source files, split by file."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from harness import HarnessError
from harness_text.python_source import label

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from harness import Split

TRAIN_SHARE, VALIDATION_SHARE = 0.8, 0.1
LIMITS: Mapping[Split, int] = {"train": 16_000, "validation": 500, "test": 2_000}
"""How many pieces each split has at most: splitting source into tokens takes time."""


class Piece(NamedTuple):
    """Some source and the class of each of its characters."""

    text: str
    labels: bytes


def split(sources: Iterable[str], length: int) -> dict[Split, list[Piece]]:
    """Pieces of files, 80/10/10 by the files' hashes, each in the order of its hash.

    So a split depends on contents only. A piece that comes several times, as licences do, comes once, and is held out
    only if it is not trained on. What cannot be read as Python is left out.

    Args:
        sources: of the files.
        length: of a piece in characters.

    Raises:
        HarnessError: there is not one piece for each split.
    """
    files = sorted(set(sources), key=_hash)
    first, second = (round(share * len(files)) for share in (TRAIN_SHARE, TRAIN_SHARE + VALIDATION_SHARE))
    parts: dict[Split, list[str]] = {"train": files[:first], "validation": files[first:second], "test": files[second:]}
    met: set[str] = set()
    found: dict[Split, list[Piece]] = {}
    for name, part in parts.items():
        unique = _pieces(part, length, LIMITS[name], met)
        met |= unique.keys()
        found[name] = [unique[text] for text in sorted(unique, key=_hash)][: LIMITS[name]]
        if not found[name]:
            raise HarnessError(
                f"{len(files)} files of Python have no piece of {length} characters for the {name} set: "
                "more files or longer ones are needed."
            )
    return found


def _pieces(files: Iterable[str], length: int, enough: int, met: set[str]) -> dict[str, Piece]:
    """Pieces by their text, but for those met before; of no more files than it takes."""
    unique: dict[str, Piece] = {}
    for text in files:
        labels = label(text)
        if labels is not None:
            pieces = cut(Piece(text, labels), length)
            unique |= {piece.text: piece for piece in pieces if piece.text not in met}
        if len(unique) >= enough:
            break
    return unique


def cut(file: Piece, length: int) -> Iterator[Piece]:
    """Pieces of so many characters, each from the beginning of a line.

    The rest of a line that a piece ends in is left out, and so is what is left of a file at its end. Labels are those
    of the whole file: a piece may begin within a string of several lines.
    """
    start = 0
    while start + length <= len(file.text):
        yield Piece(file.text[start : start + length], file.labels[start : start + length])
        start = file.text.find("\n", start + length - 1) + 1
        if start == 0:
            break


def read(paths: Iterable[Path]) -> Iterator[str]:
    """The texts of files that are UTF-8, line breaks as on Unix."""
    for path in paths:
        try:
            yield path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            continue
        except OSError as error:
            raise HarnessError(f"{path} cannot be read: {error.strerror}.") from error


def _hash(text: str) -> bytes:
    """For an order that has nothing to do with what a text is."""
    return hashlib.sha256(text.encode()).digest()
