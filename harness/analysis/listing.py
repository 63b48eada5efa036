"""A listing: rows under headings, the first of them names, for people and for programs."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError

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

    def text(self, style: str) -> str:
        """As Markdown, CSV or JSON.

        Raises:
            HarnessError: it does not come in that style.
        """
        from harness.analysis.formats import escape, pipe_table, rows_csv  # noqa: PLC0415 - formats know of costs

        if style == "json":
            return json.dumps(list(map(_finite, self.objects)), indent=2, ensure_ascii=False)
        if style == "csv":
            return rows_csv(list(map(_finite, self.objects)))
        if style != "markdown":
            raise HarnessError(f"this comes as rich, markdown, csv or json: {style} was asked for.")
        notes = "\n".join(f"- {escape(note)}" for note in self.notes)
        return pipe_table(self.headings, ([escape(text) for text in row] for row in self.rows)) + "\n" + notes


def _finite(entry: dict[str, Any]) -> dict[str, Any]:
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in entry.items()}
