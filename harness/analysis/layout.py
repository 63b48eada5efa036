"""The table as rows of text, before anything decides what a table looks like."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

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
    """Mean and interval, the share of seeds that solved it, and those that failed: `0.0009 ±.0003`, `2/3 solved`."""
    parts = []
    if score.seeds:
        spread = (score.high - score.low) / 2
        interval = "" if math.isnan(spread) else " ±" + value(spread, score.digits).removeprefix("0")
        parts.append(value(score.mean, score.digits) + interval)
    if score.solved is not None:
        parts.append(f"{score.solved}/{score.seeds} solved")
    parts += [f"{reason.partition(':')[0]} {count} of {score.seeds + score.failed}" for reason, count in _kinds(score)]
    return parts


def _kinds(score: Score) -> list[tuple[str, int]]:
    kinds: dict[str, int] = {}
    for reason, count in score.failures.items():
        kind = reason.partition(":")[0]
        kinds[kind] = kinds.get(kind, 0) + count
    return list(kinds.items())


COST_HEADINGS = ("task", "cell", "hidden", "parameters", "recurrent", "train s", "steps/s")


MATCHED = {"state": ("state", "state_size"), "flops": ("FLOPs a step", "flops_per_step")}
"""The heading of what was held equal other than parameters, and where a score has it."""


def cost_headings(comparison: Comparison) -> tuple[str, ...]:
    """Of the table of costs; what was held equal stands there, and whether cells were checked where one was."""
    checked = ("checked",) if any(score.checked for score in comparison.scores) else ()
    return (*COST_HEADINGS[:4], *(MATCHED[kind][0] for kind in _matched(comparison)), *COST_HEADINGS[4:], *checked)


def _matched(comparison: Comparison) -> list[str]:
    return [kind for kind in MATCHED if any(score.matched == kind for score in comparison.scores)]


def cost_rows(comparison: Comparison) -> list[list[str]]:
    """A row a task and cell, under `cost_headings`: its size, and what training it took."""
    anybody = any(score.checked for score in comparison.scores)
    return [
        [
            score.task,
            score.cell,
            _count(score.hidden_size),
            _amount(score, "params", score.parameters),
            *(_amount(score, kind, getattr(score, MATCHED[kind][1])) for kind in _matched(comparison)),
            _share(score.recurrent_parameters, score.parameters),
            "" if score.seconds is None else f"{score.seconds:.1f}",
            "" if score.steps_per_second is None else f"{score.steps_per_second / 1000:.0f}k",
            *([_checked(score)] if anybody else []),
        ]
        for score in comparison.scores
    ]


def _checked(score: Score) -> str:
    return {"passed": "yes", "failed": "failed"}.get(score.checked.partition(" ")[0], "no")


def _amount(score: Score, kind: str, amount: int | None) -> str:
    """The number, and how far it is from the one asked for."""
    off = "" if score.mismatch is None or score.matched != kind else f" {score.mismatch:+.1%}"
    return _count(amount) + off


def _share(part: int | None, whole: int | None) -> str:
    return f"{part / whole:.0%}" if part is not None and whole else ""


def footnotes(comparison: Comparison) -> list[str]:
    """What a reader must know to read the table right."""
    if not comparison.scores:
        return ["No runs yet."]
    seeds = sorted({score.seeds + score.failed for score in comparison.scores})
    counts = f"{seeds[0]} seed{'s' if seeds[0] != 1 else ''}" if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]} seeds"
    notes = [f"Mean ± 95% interval over {counts}; * the best, and all that cannot be told from it (paired t, Holm)."]
    if seeds[0] < 2:  # noqa: PLR2004
        notes.append("One seed says nothing about spread: no interval, and cells cannot be told apart.")
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
