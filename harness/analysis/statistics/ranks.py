"""Several cells over several tasks: average ranks, and which of them differ by more than chance.

Source: Demšar 2006, Statistical comparisons of classifiers over multiple data sets, JMLR 7. What counts are tasks: more
seeds make no ranking surer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from harness.analysis.statistics.intervals import ALPHA, LEVEL
from harness.analysis.statistics.letters import letters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

DRAWS = 9_999


@dataclass(frozen=True)
class Ranking:
    """The average ranks of some cells.

    Attributes:
        ranks: by cell, from the best to the worst.
        tasks: over how many.
        p: of Friedman's test that all cells are alike.
        critical: the least difference of two ranks that is more than chance, by Nemenyi's test.
        letters: by cell; those that cannot be told apart share one.
    """

    ranks: Mapping[str, float]
    tasks: int
    p: float
    critical: float
    letters: Mapping[str, str]

    @classmethod
    def of(cls, ranks: Mapping[str, NDArray[np.float64]]) -> Ranking:
        """That of at least two cells, each with its rank on each of the tasks, 1 for the best."""
        table = np.array(list(ranks.values()))
        count, tasks = table.shape
        averages = dict(sorted(zip(ranks, table.mean(axis=1).tolist(), strict=True), key=lambda entry: entry[1]))
        p, critical = friedman_p(table), critical_difference(count, tasks)
        pairs = [(a, b) for a in averages for b in averages if averages[b] - averages[a] > critical]
        apart = {frozenset(pair) for pair in pairs} if p < ALPHA else set()
        return cls(averages, tasks, p, critical, letters(list(averages), apart))


def friedman_p(ranks: NDArray[np.float64]) -> float:
    """The p-value of Friedman's test (1937, JASA 32) that all cells are alike, ranks (cell, task) being given.

    By permuting the ranks on each task, all of them where these are few: the chi-square that stands for it elsewhere is
    for many tasks. Of two cells it is the sign test.
    """
    from scipy.stats import permutation_test  # noqa: PLC0415 - it takes a second to import

    def spread(*cells: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
        return np.asarray(np.round(np.var([cell.sum(axis=axis) for cell in cells], axis=0), 9))  # equal ones stay equal

    if ranks.shape[1] < 2:  # noqa: PLR2004 - one task is no sample
        return 1.0
    test = partial(permutation_test, permutation_type="samples", vectorized=True, n_resamples=DRAWS, rng=0)
    return float(test(tuple(ranks), spread, alternative="greater").pvalue)


def critical_difference(cells: int, tasks: int) -> float:
    """The least difference of two average ranks that Nemenyi's test (1963) takes for more than chance."""
    from scipy.stats import studentized_range  # noqa: PLC0415

    bound = float(studentized_range.ppf(LEVEL, cells, np.inf)) / math.sqrt(2)
    return bound * math.sqrt(cells * (cells + 1) / (6 * tasks))


def least_tasks(cells: int) -> int:
    """With fewer tasks than these nothing can be decided, even if all of them rank all cells in the same order."""
    by_friedman = 1 + math.log(1 / ALPHA) / math.lgamma(cells + 1) if cells > 2 else 1 + math.log2(1 / ALPHA)  # noqa: PLR2004
    by_nemenyi = (critical_difference(cells, 1) / (cells - 1)) ** 2
    return max(math.floor(by_friedman) + 1, math.floor(by_nemenyi) + 1)
