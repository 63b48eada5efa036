"""What models made while they learnt, of all cells side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.comparison import Column
    from harness.runs.record import RunRecord

SHARES = (0.0, 0.05, 1.0)
"""Of training, at which samples are shown: the nearest that there are."""
LONGEST = 400
"""Signs of a sample."""


def samples(column: Column, cells: Sequence[str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """At each moment, of each cell what the first of its seeds made: `[("step 0", [("lstm", "the ...")])]`."""
    shown = {cell: run for cell in cells if (run := _first(column.runs.get(cell, ())))}
    moments = []
    for share in SHARES:
        here = [(cell, *_nearest(run, share)) for cell, run in shown.items()]
        if here:
            steps = sorted({step for _, step, _ in here})
            name = f"step {steps[0]:,}" if len(steps) == 1 else f"{share:.0%} of training"
            moments.append((name, [(cell, text) for cell, _, text in here]))
    return moments


def _first(runs: Sequence[RunRecord]) -> RunRecord | None:
    return min((run for run in runs if run.samples), key=lambda run: run.seed, default=None)


def _nearest(run: RunRecord, share: float) -> tuple[int, str]:
    step = share * run.spec.recipe.steps
    sample = min(run.samples, key=lambda sample: abs(sample["step"] - step))
    text = sample["text"]
    return sample["step"], text if len(text) <= LONGEST else text[:LONGEST] + "…"
