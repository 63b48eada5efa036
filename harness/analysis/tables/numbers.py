"""How a score is written."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.analysis.comparison.scores import Score

ARROWS = {"lower": "↓", "higher": "↑"}
NOT_TRIED = "–"


def value(score: float, digits: int) -> str:
    """A score with its digits; very large ones, and those that would be shown as zero, in powers of ten."""
    text = f"{score:.{digits}f}"
    if score and float(text) == 0:
        return f"{score:.0e}"
    return text if abs(score) < 1e6 else f"{score:.2e}"  # noqa: PLR2004


def reached(score: Score) -> list[str]:
    """Mean and interval, how many runs solved it, with the interval of their share, and those that failed.

    Likewise `0.0009 ±.0003`, `2/3 solved (21–94%)`, `half by step 300`, `diverged 1 of 3`.
    """
    parts = []
    if score.seeds:
        spread = (score.high - score.low) / 2
        interval = "" if math.isnan(spread) else " ±" + value(spread, score.digits).removeprefix("0")
        parts.append(value(score.mean, score.digits) + interval)
    if score.solved is not None and score.solved_low is not None and score.solved_high is not None:
        share = f"{100 * score.solved_low:.0f}–{100 * score.solved_high:.0f}%"
        parts.append(f"{score.solved}/{score.seeds + score.failed} solved ({share})")
        if score.solved:
            parts.append("half: not yet" if score.solved_step is None else f"half by step {score.solved_step:,.0f}")
    parts += [f"{reason.partition(':')[0]} {count} of {score.seeds + score.failed}" for reason, count in _kinds(score)]
    return parts


def _kinds(score: Score) -> list[tuple[str, int]]:
    kinds: dict[str, int] = {}
    for reason, count in score.failures.items():
        kind = reason.partition(":")[0]
        kinds[kind] = kinds.get(kind, 0) + count
    return list(kinds.items())
