"""Several cells over several tasks: average ranks, and which of them differ by more than chance.

Source: Demšar 2006, Statistical comparisons of classifiers over multiple data sets, JMLR 7. What counts are tasks: more
seeds make no ranking surer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

from harness.analysis.statistics.intervals import ALPHA, LEVEL
from harness.analysis.statistics.letters import letters

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

DRAWS = 9_999
TINY = 1e-12


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


def average_ranks(values: Sequence[float]) -> NDArray[np.float64]:
    """1 for the smallest; ties share their average."""
    found = np.asarray(values)
    below, alike = found < found[:, None], found == found[:, None]
    return np.asarray(below.sum(axis=1) + (alike.sum(axis=1) + 1) / 2)


def friedman_p(ranks: NDArray[np.float64]) -> float:
    """The p-value of Friedman's test (1937, JASA 32) that all cells are alike, ranks (cell, task) being given.

    By permuting the ranks on each task, all of them where these are few: the chi-square that stands for it elsewhere is
    for many tasks. Of two cells it is the sign test. It is the test that `scipy.stats.permutation_test` makes, which
    takes longer to import than all else that prints a table.
    """
    cells, tasks = ranks.shape
    if tasks < 2:  # noqa: PLR2004 - one task is no sample
        return 1.0
    every = math.factorial(cells) ** tasks <= DRAWS
    sums = _all_sums(ranks.T) if every else _drawn_sums(ranks.T)
    as_far = int(np.sum(_spread(sums) >= _spread(ranks.sum(axis=1))))
    return as_far / len(sums) if every else (as_far + 1) / (DRAWS + 1)


def _all_sums(ranks: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sums (way, cell) over the tasks, of all ways to order the ranks (task, cell) on each of them."""
    orders = np.array(list(permutations(range(ranks.shape[1]))))
    sums = np.zeros((1, ranks.shape[1]))
    for on_task in ranks:
        sums = (sums[:, None] + on_task[orders]).reshape(-1, ranks.shape[1])
    return sums


def _drawn_sums(ranks: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same of `DRAWS` ways, drawn at random."""
    tasks, cells = ranks.shape
    orders = np.random.default_rng(0).permuted(np.tile(np.arange(cells), (DRAWS, tasks, 1)), axis=-1)
    return np.asarray(ranks[np.arange(tasks)[:, None], orders].sum(axis=1))


def _spread(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.round(np.var(sums, axis=-1), 9))  # equal ones stay equal


def critical_difference(cells: int, tasks: int) -> float:
    """The least difference of two average ranks that Nemenyi's test (1963) takes for more than chance."""
    return _largest_range(cells) / math.sqrt(2) * math.sqrt(cells * (cells + 1) / (6 * tasks))


@lru_cache
def _largest_range(count: int) -> float:
    """What the range of so many standard normal numbers stays below in 95 of 100 samples.

    That is `scipy.stats.studentized_range.ppf(0.95, count, inf)`. The range is below a width where all other numbers
    are less than that above the lowest one, wherever this is (Tippett 1925, Biometrika 17).
    """
    step = 0.01
    lowest = np.arange(-10, 10, step)
    density = np.exp(-(lowest**2) / 2) / math.sqrt(2 * math.pi)
    low, high = 0.0, 20.0
    while high - low > TINY:
        width = (low + high) / 2
        share = count * step * float(np.sum(density * (ndtr(lowest + width) - ndtr(lowest)) ** (count - 1)))
        low, high = (width, high) if share < LEVEL else (low, width)
    return high


def least_tasks(cells: int) -> int:
    """With fewer tasks than these nothing can be decided, even if all of them rank all cells in the same order."""
    by_friedman = 1 + math.log(1 / ALPHA) / math.lgamma(cells + 1) if cells > 2 else 1 + math.log2(1 / ALPHA)  # noqa: PLR2004
    by_nemenyi = (critical_difference(cells, 1) / (cells - 1)) ** 2
    return max(math.floor(by_friedman) + 1, math.floor(by_nemenyi) + 1)
