"""What cells cost, over the runs of a row: times of runs that nobody disturbed, memory, and what ran them."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.runs.record import PHASES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.runs.record import RunRecord

TIMES = ("seconds", "steps_per_second", "forward", "backward", "inference")
"""What of a score is a time, or a speed."""


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
