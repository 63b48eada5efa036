"""The small table over all tasks, as text."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.analysis.questions.across import Across
from harness.analysis.tables.numbers import NOT_TRIED
from harness.analysis.tables.sheet import Entry, Sheet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.analysis.comparison import Comparison

FAR = 1_000
"""A number of tasks that nobody has."""


@dataclass(frozen=True)
class Overview:
    """A row a cell, the best rank first, and what a reader must know to read it right."""

    sheet: Sheet
    notes: tuple[str, ...]


def overview(comparison: Comparison) -> Overview | None:
    """That of a table; None where it has no two cells on two tasks. Of runs as they stood earlier, that of then."""
    earlier = comparison.earlier
    across = Across.of(earlier.then if earlier else comparison)
    if across is None:
        return None
    if earlier:
        across = replace(across, unscaled=())  # baselines are of the test set
    at = f" at {earlier.at}" if earlier else ""
    tops = ((f"average{at}", "↓ rank"), (f"normalised{at}", "↑ score"))
    texts = (_rank, _score) if across.scores else (_rank,)
    cells = list(across.ranking.ranks)
    entries = tuple(tuple(text(across, cell) for text in texts) for cell in cells)
    return Overview(Sheet("cell", tops[: len(texts)], tuple((cell,) for cell in cells), entries), tuple(_notes(across)))


def _rank(across: Across, cell: str) -> Entry:
    ranking = across.ranking
    text = f"{ranking.ranks[cell]:.1f}"
    best = set(ranking.letters[cell]) & set(next(iter(ranking.letters.values())))
    return Entry((f"{text} {ranking.letters[cell]}",), len(text) if best else 0)


def _score(across: Across, cell: str) -> Entry:
    if cell not in across.totals:
        return Entry((NOT_TRIED,), aside=True)
    mean, low, high = across.totals[cell]
    spread = "" if math.isnan(low) else " ±" + f"{(high - low) / 2:.2f}".removeprefix("0")
    return Entry((f"{mean:.2f}{spread}",))


def _notes(across: Across) -> Iterator[str]:
    ranking, tasks = across.ranking, across.ranking.tasks
    cells = len(ranking.ranks)
    if tasks < across.needed:
        yield f"{tasks} tasks are too few to rank {cells} cells: {across.needed} that agree are the least."
    else:
        yield (
            f"Ranks over {tasks} tasks; cells that share a letter cannot be told apart (Friedman's test: "
            f"{_p(ranking.p)}; Nemenyi's critical difference: {ranking.critical:.1f})."
        )
        yield from _more_tasks(across)
    if across.scores:
        yield (
            "Normalised: 0 is a task's weakest baseline and 1 the best mean of the table; the mean of the middle half "
            f"of {len(across.tasks)} tasks, and its 95% interval over seeds."
        )
    if across.unscaled:
        yield f"Not normalised, for no cell is above a baseline there: {', '.join(across.unscaled)}."
    if across.untried:
        yield f"Not tried on every task, so not ranked: {', '.join(across.untried)}."


def _more_tasks(across: Across) -> Iterator[str]:
    """How many tasks the difference of the first two would take."""
    (first, better), (second, worse), *_ = across.ranking.ranks.items()
    letters = across.ranking.letters
    if not set(letters[first]) & set(letters[second]) or worse == better:
        return
    needed = math.ceil(across.ranking.tasks * (across.ranking.critical / (worse - better)) ** 2)
    if across.ranking.tasks < needed <= FAR:
        yield f"Some {needed} tasks would show the difference of the first two, if it is what it seems."


def _p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"  # noqa: PLR2004
