"""The table of costs below that of scores, as text in rows and columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.analysis.comparison.times import mark
from harness.testing.certificate import passes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.analysis.comparison import Comparison
    from harness.analysis.comparison.scores import Score

NAMES = 2
"""How many of the first columns of the table of costs are names; numbers follow."""


def cost_headings(comparison: Comparison) -> tuple[str, ...]:
    """Of the table of costs: columns in which any cell has an entry; whether it was checked where only some were."""
    paid = _paid(comparison)
    shown = (name for name, text in COSTS.items() if any(text(score) for score in paid))
    some = any(score.checked for score in paid) and not all(passes(score.checked) for score in paid)
    return ("task", "cell", *shown, *(("checked",) if some else ()))


def cost_rows(comparison: Comparison) -> list[list[str]]:
    """A row a task and cell, under `cost_headings`: its size, and what training it took."""
    texts = {"task": lambda score: score.task, "cell": lambda score: score.cell, **COSTS, "checked": _checked}
    headings = cost_headings(comparison)
    return [[texts[heading](score) for heading in headings] for score in _paid(comparison)]


def _paid(comparison: Comparison) -> list[Score]:
    """The runs in full: what they cost is the same, however early one looks."""
    return (comparison.earlier.full if comparison.earlier else comparison).scores


def _checked(score: Score) -> str:
    return "yes" if passes(score.checked) else "failed" if score.checked else "no"


def _amount(score: Score, kind: str, amount: int | None) -> str:
    """The number, and how far it is from the one asked for."""
    off = "" if score.mismatch is None or score.matched != kind else f" {score.mismatch:+.1%}"
    return _count(amount) + off


def _speed(score: Score) -> str:
    speed = score.steps_per_second
    return "" if speed is None else f"{speed / 1000:.0f}k{mark(score)}"


def _share(part: int | None, whole: int | None) -> str:
    return f"{part / whole:.0%}" if part is not None and whole else ""


def _count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


COSTS: Mapping[str, Callable[[Score], str]] = {
    "hidden": lambda score: _count(score.hidden_size),
    "parameters": lambda score: _amount(score, "params", score.parameters),
    "state": lambda score: _amount(score, "state", score.state_size) if score.matched == "state" else "",
    "FLOPs a step": lambda score: _amount(score, "flops", score.flops_per_step) if score.matched == "flops" else "",
    "recurrent": lambda score: _share(score.recurrent_parameters, score.parameters),
    "train s ↓": lambda score: "" if score.seconds is None else f"{score.seconds:.1f}{mark(score)}",
    "steps/s ↑": _speed,
}
"""The columns of the table of costs: heading to the text of a score; a column without any text is left out."""
