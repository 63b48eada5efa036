from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from harness.analysis.statistics.ranks import Ranking, average_ranks, critical_difference, friedman_p, least_tasks

DEMSAR = """
    4 3 2 1      1 2 3 4      4 1 2 3      4 1 3 2      4 2 3 1   1 2.5 4 2.5   3 2 4 1
    2.5 2.5 4 1  4 3 2 1  2.5 2.5 2.5 2.5  4 2.5 1 2.5  3 2 4 1   4 1 2 3       3 1 4 2
"""
"""Ranks of C4.5, C4.5+m, C4.5+cf and C4.5+m+cf on 14 data sets: Demšar 2006, table 6."""


@pytest.fixture
def demsar() -> dict[str, np.ndarray]:
    table = np.array(DEMSAR.split(), dtype=float).reshape(14, 4).T
    return dict(zip(("C4.5", "C4.5+m", "C4.5+cf", "C4.5+m+cf"), table, strict=True))


def test_a_published_example(demsar: dict[str, np.ndarray]) -> None:
    """Its average ranks, and its critical difference of 1.25; it finds that the data cannot tell the methods apart."""
    found = Ranking.of(demsar)
    assert [(name, round(rank, 3)) for name, rank in found.ranks.items()] == [
        ("C4.5+m+cf", 1.964),
        ("C4.5+m", 2.0),
        ("C4.5+cf", 2.893),
        ("C4.5", 3.143),
    ]
    assert found.critical == pytest.approx(1.25, abs=5e-3)
    assert set(found.letters.values()) == {"a"}
    assert found.tasks == 14


@pytest.mark.parametrize(
    ("digits", "apart"),
    [
        ("1324 1243 3412 2314 3412 3124 3214 1234 4321 2134 3124 3421 4213 1324", False),  # there: p = 0.0617
        ("2431 3241 4231 1342 3142 1243 2314 4132 3142 2341 1234 3241 2341 1324", True),  # p = 0.0419
    ],
)
def test_nemenyis_test_agrees_with_that_of_scikit_posthocs(digits: str, apart: bool) -> None:  # noqa: FBT001
    """Rank sums of the extreme cells that differ by 17, and by 18, over 14 tasks."""
    table = np.array([[float(rank) for rank in task] for task in digits.split()]).T
    sums = table.sum(axis=1)
    found = Ranking.of(dict(zip("abcd", table, strict=True)))
    assert (sums.max() - sums.min() > 14 * found.critical) == apart
    first, *_, last = found.letters.values()
    assert bool(set(first) & set(last)) != apart


def test_friedmans_test_of_that_example(demsar: dict[str, np.ndarray]) -> None:
    """The F of Iman and Davenport, 4.19 with ties corrected for, stands for the same test: p is 0.012."""
    chi = stats.friedmanchisquare(*demsar.values()).statistic
    f = 13 * chi / (14 * 3 - chi)
    assert friedman_p(np.array(list(demsar.values()))) == pytest.approx(stats.f.sf(f, 3, 39), abs=0.003)


def test_friedmans_test_by_hand() -> None:
    """Three tasks that agree on three cells: of 6 x 6 ways to rank the other two, one does, so 6 in 216."""
    assert friedman_p(np.array([[1, 1, 1], [2, 2, 2], [3, 3, 3]])) == pytest.approx(1 / 36)
    assert friedman_p(np.array([[1.0], [2.0]])) == 1.0
    assert friedman_p(np.array([[1.5, 1.5, 1.5], [1.5, 1.5, 1.5]])) == 1.0


@pytest.mark.parametrize(("cells", "tasks"), [(2, 4), (3, 5), (4, 2), (3, 6), (10, 5)])
def test_friedmans_test_is_that_of_scipy_to_the_last_bit(cells: int, tasks: int) -> None:
    """Where all orders are gone through, and where some are drawn."""

    def spread(*sums: np.ndarray, axis: int) -> np.ndarray:
        return np.round(np.var([one.sum(axis=axis) for one in sums], axis=0), 9)

    scores = np.random.default_rng(cells).integers(0, 2 * cells, (tasks, cells))  # some of which tie
    ranks = np.array([average_ranks(on_task) for on_task in scores]).T
    assert np.array_equal(ranks, stats.rankdata(scores, axis=1).T)
    options = {"permutation_type": "samples", "vectorized": True, "n_resamples": 9_999, "rng": 0}
    assert friedman_p(ranks) == stats.permutation_test(tuple(ranks), spread, alternative="greater", **options).pvalue


@pytest.mark.parametrize("cells", [2, 3, 10, 80])
def test_the_critical_difference_is_that_of_scipy(cells: int) -> None:
    bound = stats.studentized_range.ppf(0.95, cells, np.inf) / math.sqrt(2)
    assert critical_difference(cells, 7) == pytest.approx(bound * math.sqrt(cells * (cells + 1) / 42), rel=1e-7)


@pytest.mark.parametrize(("wins", "tasks"), [(5, 5), (6, 6), (9, 10), (7, 12)])
def test_of_two_cells_it_is_the_sign_test(wins: int, tasks: int) -> None:
    ranks = np.array([[1.0] * wins + [2.0] * (tasks - wins), [2.0] * wins + [1.0] * (tasks - wins)])
    assert friedman_p(ranks) == pytest.approx(stats.binomtest(wins, tasks).pvalue)


def test_the_critical_difference_is_that_of_published_tables() -> None:
    """Demšar 2006, table 5: q at 0.05 of 2 to 10 methods."""
    published = [1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164]
    for count, q in enumerate(published, start=2):
        assert critical_difference(count, 10) == pytest.approx(q * math.sqrt(count * (count + 1) / 60), abs=2e-3)


def test_cells_alike_are_told_apart_at_most_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    names = "abcd"
    claims = 0
    for _ in range(100):
        table = rng.permuted(np.tile(np.arange(1.0, 5.0), (8, 1)), axis=1).T
        claims += "b" in "".join(Ranking.of(dict(zip(names, table, strict=True))).letters.values())
    assert claims / 100 <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 100)


@pytest.mark.parametrize("cells", [2, 3, 4, 8])
def test_the_least_number_of_tasks_is_where_agreement_decides(cells: int) -> None:
    def letters(tasks: int) -> set[str]:
        ranks = {f"cell {rank}": np.full(tasks, float(rank)) for rank in range(1, cells + 1)}
        return set(Ranking.of(ranks).letters.values())

    least = least_tasks(cells)
    assert len(letters(least)) > 1
    assert least == 2 or len(letters(least - 1)) == 1
