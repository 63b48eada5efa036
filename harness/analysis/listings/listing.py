"""A listing: rows under headings, the first of them names, for people and for programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Listing:
    """Rows of texts, the same as objects, and notes.

    Attributes:
        headings: of the columns.
        rows: of texts.
        objects: the same for programs.
        notes: what a reader must know.
        names: how many of the first columns are names.
    """

    headings: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    objects: Sequence[dict[str, Any]]
    notes: Sequence[str]
    names: int = 2
