"""What was timed, as Markdown, CSV and JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from harness.analysis.formats.flat import rows_csv
from harness.analysis.formats.pipes import escape, pipe_table
from harness.analysis.timing.texts import HEADINGS, notes, texts, title, warnings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.timing.rows import Timing


def json_text(timings: Sequence[Timing]) -> str:
    """A list of objects, one a shape, cell and phase."""
    return json.dumps(_flat(timings), indent=2, ensure_ascii=False, allow_nan=False)


def csv_text(timings: Sequence[Timing]) -> str:
    """One line a shape, cell and phase."""
    return rows_csv(_flat(timings))


def markdown(timings: Sequence[Timing]) -> str:
    """A table a shape, and the notes."""
    tables = []
    for timing in timings:
        rows = [texts(row, reference=True) for row in timing.reference] + [texts(row) for row in timing.rows]
        cells = [[f"`{cell}`", *map(escape, others)] for cell, *others in rows]
        tables.append(f"{title(timing)}\n\n{pipe_table(HEADINGS, cells)}")
    listed = "\n".join(f"- {escape(note)}" for note in (*warnings(timings), *notes(timings)))
    return "\n".join(tables) + f"\n{listed}\n"


def _flat(timings: Sequence[Timing]) -> list[dict[str, object]]:
    return [asdict(row) for timing in timings for row in timing.rows]
