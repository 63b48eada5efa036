"""Flat objects, as CSV and JSON: one a cell and task, or one of whatever is listed."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.comparison import Comparison
    from harness.analysis.comparison.scores import Score


def csv_text(comparison: Comparison) -> str:
    """One line a cell and task."""
    return rows_csv([plain(score) for score in comparison.scores])


def json_text(comparison: Comparison) -> str:
    """A list of objects, one a cell and task."""
    return json.dumps([plain(score) for score in comparison.scores], indent=2, ensure_ascii=False)


def plain(score: Score) -> dict[str, Any]:
    """A score as JSON can hold it: None for what is not a finite number."""
    return {name: finite(entry) for name, entry in asdict(score).items()}


def rows_csv(rows: Sequence[dict[str, Any]]) -> str:
    """Flat objects as lines; columns that only some have stay empty for the others."""
    text = io.StringIO()
    names = dict.fromkeys(name for row in rows for name in row)
    writer = csv.DictWriter(text, fieldnames=list(names), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(entry) for name, entry in row.items()} for row in rows)
    return text.getvalue()


def _cell(entry: object) -> object:
    return "; ".join(f"{name} ({count})" for name, count in entry.items()) if isinstance(entry, dict) else entry


def finite(entry: Any) -> Any:  # noqa: ANN401 - whatever a record holds
    """What JSON can hold: None for what is not a finite number."""
    return None if isinstance(entry, float) and not math.isfinite(entry) else entry
