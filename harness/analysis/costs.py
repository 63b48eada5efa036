"""What cells cost, over the runs of a row: times of runs that nobody disturbed, memory, and what ran them."""

from __future__ import annotations

import re
from statistics import fmean
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.analysis.listing import Listing
from harness.runs.record import PHASES
from harness.testing.certificate import passes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.analysis.comparison import Comparison
    from harness.analysis.scores import Score
    from harness.runs.record import RunRecord

TIMES = ("seconds", "steps_per_second", "forward", "backward", "inference")
"""What of a score is a time, or a speed."""
DISTURBED = "~"
"""Stands behind times that are not to be compared."""
MARKED = f"Times with {DISTURBED}: others kept the machine busy meanwhile, or the run waited for a processor."
BUSY = f"{MARKED} They are not to be compared, and rank last when sorted by time."
EXPLAINED = (
    "Of a time step of one sequence: FLOPs of matrix products, and microseconds of the forward pass, the backward pass "
    "and inference in the batches of training (medians). MiB: what a training step takes at its peak, without weights."
)
CHECKED = "All cells have passed harness check."


def costs(done: Sequence[RunRecord]) -> dict[str, Any]:
    """The fields of a score that say what finished runs cost.

    Times are of the runs during which others left the machine alone; where there is none, of all, and `disturbed`.
    """
    quiet = [run for run in done if not run.disturbed]
    disturbed = bool(done) and not quiet
    quiet = quiet or list(done)
    ran = [run for run in quiet if run.seconds and run.sequence_steps]
    *_, memory, kernels = _columns(done)
    times = zip(PHASES, _columns(quiet), strict=False)
    return {
        "seconds": summary(fmean, [run.seconds for run in quiet]),
        "steps_per_second": summary(np.median, [(run.sequence_steps or 0) / (run.seconds or 1) for run in ran]),
        **{phase: summary(np.median, seconds) for phase, seconds in times},
        "memory": summary(np.median, memory),
        "engine": _several(run.engine for run in done),
        "kernel": _several(kernels),
        "disturbed": disturbed,
    }


def _columns(runs: Sequence[RunRecord]) -> list[Sequence[Any]]:
    """The prices of some runs, each part of them together."""
    return list(zip(*(run.price for run in runs), strict=True)) or [()] * (len(PHASES) + 2)


def summary(statistic: Any, values: Sequence[float | None]) -> float | None:  # noqa: ANN401 - mean or median
    """A statistic of those values that are known; None where none is."""
    present = [value for value in values if value is not None]
    return float(statistic(present)) if present else None


def _several(texts: Any) -> str:  # noqa: ANN401 - any iterable of texts
    return "; ".join(dict.fromkeys(text for text in texts if text))


def seconds(run: RunRecord) -> str:
    """How long a run trained, marked where others kept the machine busy meanwhile."""
    return "" if run.seconds is None else f"{run.seconds:.1f}{DISTURBED if run.disturbed else ''}"


def mark(score: Score) -> str:
    """What stands behind the times of a score."""
    return DISTURBED if score.disturbed else ""


def notes(comparison: Comparison) -> list[str]:
    """What a reader of times must know."""
    runs = [run for column in comparison.columns for cell in column.runs.values() for run in cell]
    done = [run for run in runs if run.status == "finished"]
    quiet = sum(not run.disturbed for run in done)
    left_out = f"Times are of the {quiet:,} of {len(done):,} runs during which nobody kept the machine busy."
    marked = any(score.disturbed for score in comparison.scores)
    checked = bool(comparison.scores) and all(passes(score.checked) for score in comparison.scores)
    told = {left_out: 0 < quiet < len(done), BUSY: marked, CHECKED: checked}
    return [note for note, holds in told.items() if holds]


def listing(comparison: Comparison) -> Listing:
    """What a time step of each cell costs on each task."""
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
