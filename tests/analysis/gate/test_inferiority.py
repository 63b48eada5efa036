from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from harness.analysis.gate.inferiority import change, resolvable

BEFORE = {0: 5.0, 1: 5.2, 2: 4.9, 3: 5.1}
NOW = {0: 5.1, 1: 5.2, 2: 5.2, 3: 5.3}


def test_same_seeds_are_compared_pair_by_pair() -> None:
    found = change(BEFORE, NOW, "lower")
    assert found is not None
    differences = [0.1, 0.0, 0.3, 0.2]
    independent = stats.ttest_1samp(differences, 0, alternative="less").confidence_interval(0.95)
    assert found.pairs
    assert found.mean == pytest.approx(0.15)
    assert found.most == pytest.approx(independent.high)


def test_higher_is_better_turns_the_sign() -> None:
    found = change(BEFORE, NOW, "higher")
    assert found is not None
    assert found.mean == pytest.approx(-0.15)


def test_other_seeds_are_compared_by_welch() -> None:
    other = {seed + 100: score for seed, score in NOW.items()}
    found = change(BEFORE, other, "lower")
    independent = stats.ttest_ind(
        list(NOW.values()), list(BEFORE.values()), equal_var=False, alternative="less"
    ).confidence_interval(0.95)
    assert found is not None
    assert not found.pairs
    assert found.most == pytest.approx(independent.high)


def test_seeds_that_only_one_has_are_left_out_where_there_are_pairs() -> None:
    assert change({**BEFORE, 9: 99.0}, NOW, "lower") == change(BEFORE, NOW, "lower")


def test_one_pair_says_nothing() -> None:
    assert change({0: 1.0}, {0: 2.0}, "lower") is None
    assert change({0: 1.0}, {1: 2.0, 2: 3.0}, "lower") is None
    assert change({}, NOW, "lower") is None


def test_scores_without_spread_have_a_change_without_doubt() -> None:
    found = change({0: 1.0, 1: 1.0}, {5: 2.0, 6: 2.0}, "lower")
    assert found is not None
    assert (found.mean, found.most) == (1.0, 1.0)


def test_a_tolerance_that_seeds_can_hold_is_kept_as_often_as_is_said() -> None:
    """By drawing: unchanged code, other seeds."""
    rng = np.random.default_rng(0)
    allowed = resolvable(list(stats.zscore(rng.normal(size=8), ddof=1)), runs=20)  # a spread of exactly 1
    alarms, trials = 0, 2_000
    for _ in range(trials):
        before, now = rng.normal(10, 1, size=(2, 8))
        found = change(dict(enumerate(before)), dict(enumerate(now, start=100)), "lower")
        assert found is not None
        alarms += found.most > allowed
    assert 0.03 < alarms / trials < 0.07
    assert math.isnan(resolvable([1.0]))
