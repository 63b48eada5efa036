"""Every two cells of a table, as text: who is better, by how much, and how sure that is."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from harness.analysis.formats import escape, pipe_table, plain, rows_csv
from harness.analysis.layout import value

if TYPE_CHECKING:
    from harness.analysis.comparison import Comparison
    from harness.analysis.pairs import Pair

HEADINGS = ("task", "better", "worse", "by", "p", "at a seed", "more seeds")
NAMES = 3
"""How many of them are names; the others are numbers."""


def rows(comparison: Comparison) -> list[list[str]]:
    """A row a pair, under `HEADINGS`."""
    return [_row(pair, column.digits) for column in comparison.columns for pair in column.pairs]


def notes(comparison: Comparison) -> list[str]:
    """What a reader must know to read the rows right."""
    pairs = [pair for column in comparison.columns for pair in column.pairs]
    if not pairs:
        return ["There are no two cells to compare on a task: a cell of which a run failed is not compared."]
    return [
        "By: the mean difference of the same seeds, with its 95% interval.",
        f"p: Student's paired test, adjusted for all {len(pairs):,} comparisons (Holm); more than chance below 0.05.",
        "At a seed: how often the one is better than the other with the same seed, with Wilson's 95% interval.",
        "More seeds: that would show a difference of this size with a power of 0.8; – where nobody can tell.",
    ]


def markdown(comparison: Comparison) -> str:
    """The rows and the notes."""
    listed = [[escape(text) for text in row] for row in rows(comparison)]
    return pipe_table(HEADINGS, listed) + "\n" + "\n".join(f"- {escape(note)}" for note in notes(comparison))


def csv_text(comparison: Comparison) -> str:
    """One line a pair."""
    return rows_csv([plain(pair) for column in comparison.columns for pair in column.pairs])


def json_text(comparison: Comparison) -> str:
    """A list of objects, one a pair."""
    found = [plain(pair) for column in comparison.columns for pair in column.pairs]
    return json.dumps(found, indent=2, ensure_ascii=False)


def _row(pair: Pair, digits: int) -> list[str]:
    spread = "" if math.isnan(pair.low) else " ±" + value((pair.high - pair.low) / 2, digits).removeprefix("0")
    more = "" if pair.decided else "–" if pair.needed is None else f"{pair.needed - pair.seeds:,}"
    return [
        pair.task,
        pair.better,
        pair.worse,
        value(pair.difference, digits) + spread,
        "<0.001" if pair.adjusted < 0.001 else f"{pair.adjusted:.3f}",  # noqa: PLR2004
        f"{100 * pair.improvement:.0f}% ({100 * pair.improvement_low:.0f}–{100 * pair.improvement_high:.0f}%)",
        more,
    ]
