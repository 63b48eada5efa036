"""Who gets more seeds: the cells of comparisons that are not decided, and that more seeds could decide."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.analysis.comparison import Comparison
    from harness.analysis.comparison.pairs import Pair
    from harness.runs.spec import RunSpec


def next_looks(pairs: Iterable[Pair], looks: Sequence[int]) -> dict[str, int]:
    """How many seeds each cell of a task should have next; cells whose comparisons are all settled are not in it."""
    wanted: dict[str, int] = defaultdict(int)
    for pair in pairs:
        if pair.decided or pair.hopeless:
            continue
        look = next(look for look in looks if look > pair.seeds)
        for cell in (pair.better, pair.worse):
            wanted[cell] = max(wanted[cell], look)
    return dict(wanted)


def next_runs(specs: Iterable[RunSpec], comparison: Comparison, first_seed: int) -> list[RunSpec]:
    """The specs that a table asks for; those of them that were run are there, too.

    Args:
        specs: all there can be.
        comparison: the table of those that were run.
        first_seed: of the specs.
    """
    wanted: Mapping[tuple[str, str], int] = {
        (column.runs[cell][0].spec.contest, cell): look
        for column in comparison.columns
        for cell, look in next_looks(column.pairs, column.looks).items()
    }
    return [spec for spec in specs if spec.seed - first_seed < wanted.get((spec.contest, spec.row), 0)]


def open_pairs(comparison: Comparison) -> tuple[int, int]:
    """How many comparisons more seeds could decide, and how many there are."""
    pairs = [pair for column in comparison.columns for pair in column.pairs]
    return sum(not pair.decided and not pair.hopeless for pair in pairs), len(pairs)
