"""Every two cells of a table: who is better, by how much, and how sure that is."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING

from harness.analysis.listings.listing import Listing
from harness.analysis.tables.numbers import value

if TYPE_CHECKING:
    from harness.analysis.comparison import Comparison
    from harness.analysis.comparison.pairs import Pair

HEADINGS = ("task", "better", "worse", "by", "p", "at a seed", "more seeds")


def pair_listing(comparison: Comparison) -> Listing:
    """A row a pair."""
    found = [(pair, column.digits) for column in comparison.columns for pair in column.pairs]
    notes = [
        "By: the mean difference of the same seeds, with its 95% interval.",
        f"p: Student's paired test, adjusted for all {len(found):,} comparisons (Holm); more than chance below 0.05.",
        "At a seed: how often the one is better than the other with the same seed, with Wilson's 95% interval.",
        "More seeds: that would show a difference of this size with a power of 0.8; – where nobody can tell.",
    ]
    nothing = ["There are no two cells to compare on a task: a cell of which a run failed is not compared."]
    return Listing(
        headings=HEADINGS,
        rows=[_row(pair, digits) for pair, digits in found],
        objects=[asdict(pair) for pair, _ in found],
        notes=notes if found else nothing,
        names=3,
    )


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
