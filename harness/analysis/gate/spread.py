"""Whether the seeds of a baseline can hold its tolerances."""

from __future__ import annotations

import math
from statistics import fmean
from typing import TYPE_CHECKING

from harness.analysis.gate.inferiority import resolvable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.analysis.gate.baseline import Baseline
    from harness.analysis.gate.figures import Figures
    from harness.runs.suite.tolerance import Tolerance


def warnings(baseline: Baseline) -> Iterator[str]:
    """What would raise false alarms, a sentence each: where seeds spread too far for a tolerance."""
    for entry in baseline.figures:
        for metric, tolerance in baseline.suite.tolerances(entry.task, list(entry.metrics) or ["score"]).items():
            if metric in entry.metrics and (sentence := _sentence(entry, metric, tolerance)):
                yield sentence


def _sentence(entry: Figures, metric: str, tolerance: Tolerance) -> str:
    scores = list(entry.metrics[metric].scores.values())
    what = f"! {entry.cell} on {entry.task}: {metric}"
    needed = resolvable(scores)
    if math.isnan(needed):
        return f"{what} has one seed, which says nothing about spread: give at least 2, better 5 or more."
    allowed = tolerance.amount(fmean(scores))
    if needed <= allowed:
        return ""
    least = f"{math.ceil(100 * needed / abs(fmean(scores)))}%" if tolerance.relative else f"{needed:.2g}"
    more = "" if not allowed else f", or some {math.ceil(len(scores) * (needed / allowed) ** 2)} seeds"
    return (
        f"{what} spreads too far over {len(scores)} seeds for a tolerance of {tolerance}: unchanged code would raise "
        f"an alarm on another machine now and then. Give {least}{more}."
    )
