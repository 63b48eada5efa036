"""What a time step of each cell costs on each task."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.analysis.comparison.times import mark, notes
from harness.analysis.listings.listing import Listing
from harness.runs.record import PHASES

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.analysis.comparison import Comparison
    from harness.analysis.comparison.scores import Score

EXPLAINED = (
    "Of a time step of one sequence: FLOPs of matrix products, and microseconds of the forward pass, the backward pass "
    "and inference in the batches of training (medians). MiB: what a training step takes at its peak, without weights."
)


def cost_listing(comparison: Comparison) -> Listing:
    """A row a cell and task."""
    scores = comparison.scores
    headings = ("task", "cell", *DETAILS)
    rows = [[score.task, score.cell, *(text(score) for text in DETAILS.values())] for score in scores]
    names = ("parameters", "state_size", "flops_per_step", *PHASES, "memory", "engine", "kernel", "disturbed")
    objects = [
        {"task": score.task, "cell": score.cell, **{name: getattr(score, name) for name in names}} for score in scores
    ]
    return Listing(headings, rows, objects, [EXPLAINED, *notes(comparison)] if scores else ["No runs yet."])


def _micro(score: Score, seconds: float | None) -> str:
    return "" if seconds is None else f"{1e6 * seconds:.3g}{mark(score)}"


def _count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


DETAILS: dict[str, Callable[[Score], str]] = {
    "state": lambda score: _count(score.state_size),
    "FLOPs": lambda score: _count(score.flops_per_step),
    "fwd µs": lambda score: _micro(score, score.forward),
    "bwd µs": lambda score: _micro(score, score.backward),
    "inf µs": lambda score: _micro(score, score.inference),
    "MiB": lambda score: "" if score.memory is None else f"{score.memory / (1 << 20):.1f}",
    "kernel": lambda score: re.sub(r"(_layer\b| [0-9a-f]{8}\b)", "", score.kernel),  # a hash is for programs
}
"""The columns behind the names, and their texts."""
