"""What the same runs had reached when they had spent less, from their learning curves."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.analysis.comparison import Column, Comparison, Earlier
from harness.analysis.comparison.compare import compare
from harness.analysis.questions.budget import WORDS, spent
from harness.analysis.questions.leaders import changes
from harness.errors import HarnessError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.analysis.questions.budget import Budget
    from harness.runs.record import RunRecord

VALIDATION = "validation "
FULL = "in full"


def compare_at(runs: Iterable[RunRecord], budget: Budget) -> Comparison:
    """The validation scores of some runs when they had spent a budget, beside those of the same runs in full.

    A run stands with the state that did best on validation up to there; test scores there are none of, since the test
    set is read once, at the end. A run that diverged later counts as one that finished.

    Raises:
        HarnessError: no record tells what was spent when, or no run was evaluated by then.
    """
    runs = list(runs)
    early = [_at(run, budget) for run in runs]
    statuses = {run.status for run in early}
    if "not evaluated" in statuses and "finished" not in statuses:
        raise HarnessError(f"--at {budget}: {_why_none(runs, early, budget)}")
    then, finally_ = (compare(found, []) for found in (early, [_in_full(run) for run in runs]))
    pairs = list(zip(then.columns, finally_.columns, strict=True))
    notes = [*changes(pairs, budget), *_ended_before(runs, budget), *dict.fromkeys([*then.notes, *finally_.notes])]
    columns = [
        _titled(column, name) for pair in pairs for column, name in zip(pair, (f"at {budget}", FULL), strict=True)
    ]
    return Comparison(columns, then.cells, notes, earlier=Earlier(str(budget), then, finally_))


def _at(run: RunRecord, budget: Budget) -> RunRecord:
    """The run as it stood when it had spent a budget."""
    points = [(point, spent(run, budget.by, point)) for point in run.curve]
    within = [point for point, amount in points if amount is not None and amount <= budget.value]
    total = spent(run, budget.by, {"step": run.steps, "seconds": run.seconds, "sequence_steps": run.sequence_steps})
    later = total if total is not None else max((amount for _, amount in points if amount is not None), default=0)
    if run.status != "finished" and later <= budget.value:
        return _in_full(run)
    if any(amount is None for _, amount in points):
        return _not_evaluated(run, f"its record does not tell its {WORDS[budget.by]}")
    if not within:
        first = next((f", the first one was after {amount:.4g}" for _, amount in points), "")
        return _not_evaluated(run, f"no evaluation within {budget.value:g} {WORDS[budget.by]}{first}")
    return _standing(run, within)


def _in_full(run: RunRecord) -> RunRecord:
    if run.status == "finished" and run.curve:
        return _standing(run, run.curve)
    return replace(run, metrics=_of_validation(run), scores={}, seconds=None)


def _of_validation(run: RunRecord) -> list[dict[str, Any]]:
    return [{**metric, "name": VALIDATION + metric["name"]} for metric in run.metrics]


def _standing(run: RunRecord, points: Sequence[Mapping[str, Any]]) -> RunRecord:
    """The run in its best state of some points of its curve, by its scores on validation."""
    metric = run.metrics[0]
    sign = 1 if metric["direction"] == "lower" else -1
    best = min(points, key=lambda point: sign * point["scores"][metric["name"]])
    last = points[-1]
    return replace(
        run,
        status="finished",
        reason="",
        details="",
        metrics=_of_validation(run),
        scores={VALIDATION + name: score for name, score in best["scores"].items()},
        solved=None if run.solved is None else run.solved_step is not None and run.solved_step <= last["step"],
        best_step=best["step"],
        steps=last["step"],
        seconds=last["seconds"],
        sequence_steps=last.get("sequence_steps"),
    )


def _not_evaluated(run: RunRecord, reason: str) -> RunRecord:
    return replace(
        run, status="not evaluated", reason=reason, metrics=_of_validation(run), scores={}, solved=None, seconds=None
    )


def _why_none(runs: Sequence[RunRecord], early: Sequence[RunRecord], budget: Budget) -> str:
    untold = sum("does not tell" in run.reason for run in early)
    if untold:
        return (
            f"{untold} of {len(runs)} records do not tell their {WORDS[budget.by]}: an earlier version made them, or "
            "the operations of the cell cannot be counted."
        )
    firsts = [spent(run, budget.by, run.curve[0]) for run in runs if run.curve]
    least = min((amount for amount in firsts if amount is not None), default=None)
    first = "" if least is None else f" The first evaluation was after {least:.4g} {WORDS[budget.by]}."
    return f"no run was evaluated by then.{first}"


def _ended_before(runs: Sequence[RunRecord], budget: Budget) -> list[str]:
    """Who had no chance to spend all of it."""
    found: dict[str, list[float]] = defaultdict(list)
    for run in runs:
        totals = [spent(run, budget.by, point) for point in run.curve[-1:]] if run.status == "finished" else []
        found[run.spec.task.label] += [total for total in totals if total is not None and total < budget.value]
    return [
        f"{task}: {len(totals)} run{'s' if len(totals) != 1 else ''} ended before {budget}, after {_span(totals)} "
        f"{WORDS[budget.by]}, and stand with all they did."
        for task, totals in found.items()
        if totals
    ]


def _span(totals: Sequence[float]) -> str:
    low, high = f"{min(totals):.4g}", f"{max(totals):.4g}"
    return low if low == high else f"{low} to {high}"


def _titled(column: Column, name: str) -> Column:
    title = f"{column.title[:-1]}, {name})" if column.title.endswith(")") else f"{column.title} ({name})"
    return replace(
        column, title=title, scores={cell: replace(score, task=title) for cell, score in column.scores.items()}
    )
