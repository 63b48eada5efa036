"""The notes below a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.analysis.tables.caveats import caveats

if TYPE_CHECKING:
    from harness.analysis.comparison import Comparison


def footnotes(comparison: Comparison) -> list[str]:
    """What a reader must know to read the table right."""
    if not comparison.scores:
        return ["No runs yet."]
    notes = list(caveats(comparison))
    for score in comparison.scores:
        for reason, count in score.failures.items():
            notes.append(f"{score.cell} on {score.task}, {count} of {score.seeds + score.failed}: {reason}")
    return notes + list(comparison.notes)
