"""Error rates of sequences."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def edit_distance(a: Sequence[object], b: Sequence[object]) -> int:
    """The fewest insertions, deletions and substitutions that make one sequence the other (Levenshtein 1966)."""
    above = list(range(len(b) + 1))
    for row, symbol in enumerate(a, start=1):
        current = [row]
        for column, other in enumerate(b, start=1):
            current.append(min(above[column] + 1, current[-1] + 1, above[column - 1] + (symbol != other)))
        above = current
    return above[-1]
