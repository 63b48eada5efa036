from __future__ import annotations

import numpy as np
import pytest

from harness.analysis.comparison.pairs import Contest, compare_all
from harness.analysis.statistics.differences import BySeed


def contest(task: str = "adding", direction: str = "lower", **scores: list[float]) -> Contest:
    return Contest(task, "MSE", direction, {cell: BySeed(dict(enumerate(values))) for cell, values in scores.items()})


def test_a_pair_worked_by_hand() -> None:
    """Differences 0.4, 0.2 and -0.3 of a from b: their mean is 0.1, their standard deviation 0.3606."""
    ((pair,),) = compare_all([contest(a=[1.0, 1.0, 1.0], b=[1.4, 1.2, 0.7])])
    assert (pair.better, pair.worse, pair.seeds) == ("a", "b", 3)
    assert pair.difference == pytest.approx(0.1)
    assert (pair.low, pair.high) == pytest.approx((0.1 - 0.8957, 0.1 + 0.8957), abs=1e-4)
    assert pair.p == pair.adjusted == pytest.approx(0.6784, abs=1e-4)
    assert pair.improvement == pytest.approx(2 / 3)
    assert (pair.improvement_low, pair.improvement_high) == pytest.approx((0.2077, 0.9385), abs=1e-4)
    assert pair.needed == 323  # statsmodels: 322.5, of an effect of 0.2774 × 0.5642
    assert not pair.decided


def test_the_better_one_comes_first_whatever_the_direction() -> None:
    for direction, better in (("lower", "a"), ("higher", "b")):
        ((pair,),) = compare_all([contest(direction=direction, a=[1.0, 1.1], b=[2.0, 2.2])])
        assert (pair.better, pair.difference) == (better, pytest.approx(1.05))


def test_all_comparisons_of_a_table_share_an_error_of_five_percent() -> None:
    alone = contest(a=[1.0, 1.0, 1.0, 1.0], b=[1.1, 1.2, 1.2, 1.3])
    others = [contest(f"task {number}", a=[1.0, 2.0, 1.0, 2.0], b=[2.0, 1.0, 2.0, 1.0]) for number in range(9)]
    ((pair,),) = compare_all([alone])
    assert pair.decided
    together = compare_all([alone, *others])
    assert together[0][0].adjusted == pytest.approx(10 * pair.p)
    assert not together[0][0].decided
    assert together[0][0].needed == 9  # statsmodels: 8.16, of an effect of 2.449 × 0.7236 at 0.05 / 10


def test_null_tables_claim_something_at_most_as_often_as_they_say() -> None:
    rng = np.random.default_rng(0)
    tables = rng.normal(size=(400, 3, 4, 5))  # (table, task, cell, seed)
    names = "abcd"
    claims = 0
    for table in tables:
        rivals = [contest(**dict(zip(names, scores.tolist(), strict=True))) for scores in table]
        claims += any(pair.decided for pairs in compare_all(rivals) for pair in pairs)
    assert claims / len(tables) <= 0.07  # two standard errors above 0.05


def test_cells_without_a_seed_in_common_are_no_pair() -> None:
    assert compare_all([Contest("adding", "MSE", "lower", {"a": BySeed({0: 1.0}), "b": BySeed({1: 2.0})})]) == [[]]


def test_what_nobody_can_say_is_not_said() -> None:
    ((equal,),) = compare_all([contest(a=[1.0, 2.0], b=[1.0, 2.0])])
    assert (equal.adjusted, equal.needed) == (1.0, None)
    ((single,),) = compare_all([contest(a=[1.0], b=[2.0])])
    assert (single.adjusted, single.needed) == (1.0, None)
