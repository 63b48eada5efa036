"""Which times are to be compared, and what a reader of costs is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.testing.certificate import passes

if TYPE_CHECKING:
    from harness.analysis.comparison.comparison import Comparison
    from harness.analysis.comparison.scores import Score
    from harness.runs.record import RunRecord

DISTURBED = "~"
"""Stands behind times that are not to be compared."""
MARKED = f"Times with {DISTURBED}: others kept the machine busy meanwhile, or the run waited for a processor."
BUSY = f"{MARKED} They are not to be compared, and rank last when sorted by time."
CHECKED = "All cells have passed harness check."


def seconds(run: RunRecord) -> str:
    """How long a run trained, marked where others kept the machine busy meanwhile."""
    return "" if run.seconds is None else f"{run.seconds:.1f}{DISTURBED if run.disturbed else ''}"


def mark(score: Score) -> str:
    """What stands behind the times of a score."""
    return DISTURBED if score.disturbed else ""


def notes(comparison: Comparison) -> list[str]:
    """What a reader of costs must know."""
    runs = [run for column in comparison.columns for cell in column.runs.values() for run in cell]
    done = [run for run in runs if run.status == "finished"]
    quiet = sum(not run.disturbed for run in done)
    left_out = f"Times are of the {quiet:,} of {len(done):,} runs during which nobody kept the machine busy."
    marked = any(score.disturbed for score in comparison.scores)
    checked = bool(comparison.scores) and all(passes(score.checked) for score in comparison.scores)
    told = {left_out: 0 < quiet < len(done), BUSY: marked, CHECKED: checked}
    return [note for note, holds in told.items() if holds]
