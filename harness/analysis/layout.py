"""The table as rows of text, before anything decides what a table looks like."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from harness.analysis.caveats import caveats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.comparison import Column, Comparison, Score

ARROWS = {"lower": "↓", "higher": "↑"}
NOT_TRIED = "–"


def heading(column: Column) -> str:
    """The task, the metric and its direction."""
    return f"{column.title} {ARROWS[column.direction]} {column.metric}"


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


COST_HEADINGS = ("task", "cell", "hidden", "parameters", "recurrent", "train s", "steps/s")


def cost_headings(comparison: Comparison) -> tuple[str, ...]:
    """Of the table of costs; whether cells were checked stands there where one was."""
    return (*COST_HEADINGS, "checked") if any(score.checked for score in comparison.scores) else COST_HEADINGS


def cost_rows(comparison: Comparison) -> list[list[str]]:
    """A row a task and cell, under `cost_headings`: its size, and what training it took."""
    anybody = any(score.checked for score in comparison.scores)
    return [
        [
            score.task,
            score.cell,
            _count(score.hidden_size),
            _parameters(score),
            _share(score.recurrent_parameters, score.parameters),
            "" if score.seconds is None else f"{score.seconds:.1f}",
            "" if score.steps_per_second is None else f"{score.steps_per_second / 1000:.0f}k",
            *([_checked(score)] if anybody else []),
        ]
        for score in comparison.scores
    ]


def _checked(score: Score) -> str:
    return {"passed": "yes", "failed": "failed"}.get(score.checked.partition(" ")[0], "no")


def _parameters(score: Score) -> str:
    """The number, and how far it is from the one asked for."""
    off = "" if score.mismatch is None else f" {score.mismatch:+.1%}"
    return _count(score.parameters) + off


def _share(part: int | None, whole: int | None) -> str:
    return f"{part / whole:.0%}" if part is not None and whole else ""


def footnotes(comparison: Comparison) -> list[str]:
    """What a reader must know to read the table right."""
    if not comparison.scores:
        return ["No runs yet."]
    notes = list(caveats(comparison, value))
    for score in comparison.scores:
        for reason, count in score.failures.items():
            notes.append(f"{score.cell} on {score.task}, {count} of {score.seeds + score.failed}: {reason}")
    return notes + list(comparison.notes)


def baseline_rows(columns: Sequence[Column]) -> list[list[str]]:
    """Rows of baselines, the strongest of each task in the first."""
    listed = [
        [f"{value(score, column.digits)} {name}" for name, score in reversed(list(column.baselines.items()))]
        for column in columns
    ]
    depth = max((len(entries) for entries in listed), default=0)
    return [[entries[row] if row < len(entries) else "" for entries in listed] for row in range(depth)]


def _count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"
