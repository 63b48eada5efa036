"""The critical-difference diagram: average ranks on a line, and bars over those that cannot be told apart.

Source: Demšar 2006, Statistical comparisons of classifiers over multiple data sets, JMLR 7, figure 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.analysis.questions.across import Across

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.analysis.comparison import Comparison
    from harness.analysis.statistics.ranks import Ranking


@dataclass(frozen=True)
class Stalk:
    """A cell: a line from its rank down to its level, and from there to its name at a side.

    Attributes:
        cell: which.
        rank: its average rank.
        level: how far below the axis its name stands, counted from 1.
        left: whether its name is on the left, where the better half is.
    """

    cell: str
    rank: float
    level: int
    left: bool


@dataclass(frozen=True)
class Diagram:
    """All that is drawn.

    Attributes:
        stalks: cells, the best first.
        groups: from which rank to which a bar goes, and its place below the axis, from 0.
        critical: the least difference that is more than chance; None where so few tasks decide nothing.
        tasks: over how many.
    """

    stalks: Sequence[Stalk]
    groups: Sequence[tuple[float, float, int]]
    critical: float | None
    tasks: int

    @property
    def levels(self) -> int:
        """The lowest level of a name."""
        return max(stalk.level for stalk in self.stalks)


def diagram(comparison: Comparison) -> Diagram | None:
    """That of a table; None where there are not two tasks on which the same two cells were tried."""
    across = Across.of(comparison)
    if across is None:
        return None
    ranking = across.ranking
    half = math.ceil(len(ranking.ranks) / 2)
    stalks = [
        Stalk(cell, rank, place + 1 if place < half else len(ranking.ranks) - place, left=place < half)
        for place, (cell, rank) in enumerate(ranking.ranks.items())
    ]
    decided = ranking.tasks >= across.needed
    return Diagram(stalks, list(_groups(ranking)), ranking.critical if decided else None, ranking.tasks)


def _groups(ranking: Ranking) -> Iterator[tuple[float, float, int]]:
    """The span of each letter that several cells share."""
    spans: dict[str, list[float]] = {}
    for cell, rank in ranking.ranks.items():
        for letter in ranking.letters[cell]:
            spans.setdefault(letter, []).append(rank)
    wide = [(min(ranks), max(ranks)) for ranks in spans.values() if len(ranks) > 1]
    yield from ((low, high, place) for place, (low, high) in enumerate(wide))
