"""The verdict: who wins where, and what cannot be said, in two sentences."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from harness.analysis.questions.across import Across

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.comparison import Column, Comparison

NAMED = 4
"""Names in a list, at most; the others are counted."""


def verdict(comparison: Comparison) -> list[str]:
    """Two sentences, or what there is instead of a comparison."""
    contests = [column for column in comparison.columns if sum(map(_known, column.scores.values())) > 1]
    if not comparison.scores:
        return ["There are no runs yet."]
    if not contests:
        return ["No task has scores of two cells, so that nothing is compared.", *_unsaid(comparison, [])]
    said = filter(None, [_winners(contests), _over_tasks(comparison)])
    return ["; ".join(said) + ".", *_unsaid(comparison, contests)]


def _known(score: object) -> bool:
    return math.isfinite(getattr(score, "mean", math.nan))


def _best(column: Column) -> list[str]:
    return [cell for cell, score in column.scores.items() if score.best]


def _winners(contests: Sequence[Column]) -> str:
    among: dict[str, list[str]] = {}
    alone: dict[str, list[str]] = {}
    for column in contests:
        best = _best(column)
        for cell in best:
            among.setdefault(cell, []).append(column.title)
        if len(best) == 1:
            alone.setdefault(best[0], []).append(column.title)
    most = max(map(len, among.values()), default=0)
    leaders = [cell for cell, titles in among.items() if len(titles) == most]
    where = f"{most} of {len(contests)} tasks" if len(contests) > 1 else contests[0].title
    verb = "is" if len(leaders) == 1 else "are each"
    first = f"{listed(leaders)} {verb} among the best on {where}" if most else "No cell finished all of its runs"
    parts = [f"{cell} is best alone on {listed(titles)}" for cell, titles in alone.items()]
    return "; ".join([first, *parts])


def _over_tasks(comparison: Comparison) -> str:
    """Who has the best average rank, where that is more than chance."""
    across = Across.of(comparison)
    if across is None or across.ranking.tasks < across.needed:
        return ""
    first, letters = next(iter(across.ranking.ranks)), across.ranking.letters
    behind = [cell for cell in across.ranking.ranks if not set(letters[cell]) & set(letters[first])]
    return f"over all tasks {first} ranks ahead of {listed(behind)} by more than chance" if behind else ""


def _unsaid(comparison: Comparison, contests: Sequence[Column]) -> list[str]:
    """What the table does not tell: ties, what no cell learnt, and what is missing."""
    parts = []
    tied = [column.title for column in contests if len(_best(column)) > 1]
    fewest = min(score.seeds + score.failed for score in comparison.scores)
    if tied:
        with_seeds = f"with {fewest} seed{'s' if fewest != 1 else ''}"
        parts.append(
            f"on no task can the best be told from the next {with_seeds}"
            if len(tied) == len(contests) > 1
            else f"on {listed(tied)} the best cannot be told apart {with_seeds}"
        )
    if lost := [column.title for column in comparison.columns if _beaten(column)]:
        parts.append(f"no cell beats the strongest baseline on {listed(lost)}")
    failed = sum(score.failed for score in comparison.scores)
    if failed:
        runs = failed + sum(score.seeds for score in comparison.scores)
        parts.append(f"{failed} of {runs} runs did not finish")
    text = "; ".join(parts)
    return [f"{text[0].upper()}{text[1:]}."] if text else []


def _beaten(column: Column) -> bool:
    """Whether the strongest baseline is at least as good as every cell."""
    if not column.baselines:
        return False
    sign = 1 if column.direction == "lower" else -1
    strongest = sign * list(column.baselines.values())[-1]
    return all(sign * score.mean >= strongest for score in column.scores.values() if _known(score))


def listed(names: Sequence[str]) -> str:
    """Names as a sentence has them: `a, b and c`."""
    shown = [*names] if len(names) <= NAMED + 1 else [*names[:NAMED], f"{len(names) - NAMED} more"]
    return " and ".join([*([", ".join(shown[:-1])] if len(shown) > 1 else []), shown[-1]])
