"""What it took each cell to reach a target."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING

from harness.analysis.comparison.times import DISTURBED
from harness.analysis.listings.listing import Listing
from harness.analysis.tables.numbers import value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.questions.target import Reached

EXPLAINED = (
    "Median over all runs until validation first shows the target (Kaplan and Meier); –: fewer than half of them are "
    "known to reach it. Runs that did not count as not having reached it by their end; those that failed never do."
)


def target_listing(found: Sequence[Reached]) -> Listing:
    """What it took, as text: medians over runs, `–` where it is not known that half of them reach it."""
    headings = ("task", "cell", "target", "reached", "steps ↓", "seconds ↓", "tokens ↓", "FLOPs ↓")
    rows = [
        [
            one.task,
            one.cell,
            f"{one.metric} {value(one.target, 4).rstrip('0').rstrip('.')}",
            f"{one.reached}/{one.runs}",
            _text(one.steps),
            _text(one.seconds) + (DISTURBED if one.disturbed and math.isfinite(one.seconds) else ""),
            _text(one.tokens),
            _text(one.flops),
        ]
        for one in found
    ]
    notes = [EXPLAINED]
    if any(one.disturbed for one in found):
        notes.append(f"Seconds with {DISTURBED}: others kept the machine busy meanwhile; they are not to be compared.")
    return Listing(headings, rows, [asdict(one) for one in found], notes if rows else ["No run has such a target."])


def _text(amount: float | None) -> str:
    if amount is None:
        return ""
    if not math.isfinite(amount):
        return "–"
    return f"{amount:,.0f}" if 100 <= amount < 1e7 else f"{amount:.3g}"  # noqa: PLR2004
