"""Any table in Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MARKUP = re.compile(r"([\\`*_~|<>&\[\]])")


def escape(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return _MARKUP.sub(r"\\\1", re.sub(r"\s+", " ", text))


def code(name: str) -> str:
    """A name in letters of equal width, unless it has a sign that Markdown would read there."""
    return escape(name) if re.search(r"[`|\s]", name) else f"`{name}`"


def pipe_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [f"| {' | '.join(headings)} |", f"|{' --- |' * len(headings)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines) + "\n"
