"""What the trials of each cell found."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING

from harness.analysis.figures.look import logarithmic
from harness.analysis.listings.listing import Listing
from harness.analysis.listings.sparkline import BLOCKS
from harness.analysis.questions.tuning import sensitivity
from harness.analysis.tables.numbers import ARROWS, value
from harness.training.settings import SHORT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.questions.tuning import Tuning

BRIEF = {name: short for short, name in SHORT.items()}
COUNTS = (1, 2, 4, 8, 16, 32, 64)
"""Of trials, after which the expected best score is listed."""
EXPLAINED = (
    "Validation scores. Of n: the expected best of n trials drawn from those that were made (Dodge et al. 2019); one "
    "that failed counts as the worst of its task. Over rates: from the lowest to the highest learning rate; a higher "
    "block is a better score, a dot a failure."
)


def tuning_listing(found: Sequence[Tuning]) -> Listing:
    """The chosen settings, the expected best score after 1, 2, 4 and so on trials, and scores over learning rates."""
    most = max((len(tuning.trials) for tuning in found), default=0)
    counts = [count for count in COUNTS if count < most] + ([most] if most else [])
    headings = ("task", "cell", "chosen", *(f"of {count}" for count in counts), "over rates", "failed")
    rows = [_row(tuning, counts) for tuning in found]
    notes = [EXPLAINED] if rows else ["No trials: harness run --tune N makes them."]
    return Listing(headings, rows, [asdict(tuning) for tuning in found], notes, names=3)


def _row(tuning: Tuning, counts: Sequence[int]) -> list[str]:
    chosen = tuning.best
    settings = (
        ""
        if chosen is None
        else " ".join(f"{BRIEF.get(name, name)}={_short(v)}" for name, v in chosen.settings.items())
    )
    failed = sum(trial.score is None for trial in tuning.trials)
    known = tuning.expected if chosen is not None else []
    expected = [value(known[n - 1], tuning.digits) if n <= len(known) else "" for n in counts]
    metric = f"{tuning.task} {ARROWS[tuning.direction]} {tuning.metric}"
    return [
        metric,
        tuning.cell,
        settings,
        *expected,
        _curve(tuning),
        f"{failed}/{len(tuning.trials)}" if failed else "",
    ]


def _curve(tuning: Tuning) -> str:
    """Scores from the lowest to the highest learning rate: a higher block is a better score, a dot a failure.

    Equal steps are equal ratios where scores are of very different size, as perplexities may be.
    """
    sign = -1 if tuning.direction == "lower" else 1
    given = [score for _, score in sensitivity(tuning)]
    measure = math.log if logarithmic(score for score in given if score is not None) else float
    scores = [None if score is None else sign * measure(score) for score in given]
    known = [score for score in scores if score is not None]
    if not known:
        return "·" * len(scores)
    low, high = min(known), max(known)
    top = len(BLOCKS) - 1
    return "".join("·" if score is None else BLOCKS[round((score - low) / (high - low or 1) * top)] for score in scores)


def _short(setting: object) -> str:
    return f"{setting:.4g}" if isinstance(setting, float) else str(setting).lower()
