from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.analysis.statistics import best_group, holm, mean_interval, paired_p

VALUES = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=12)


def test_the_interval_is_students_worked_by_hand() -> None:
    mean, low, high = mean_interval([1.0, 2.0, 3.0])
    half = 4.302652729911275 * 1 / math.sqrt(3)  # t of two degrees of freedom at 97.5%, standard deviation 1
    assert (mean, low, high) == pytest.approx((2.0, 2.0 - half, 2.0 + half))


def test_a_single_value_has_no_interval() -> None:
    mean, low, high = mean_interval([0.5])
    assert mean == 0.5
    assert math.isnan(low)
    assert math.isnan(high)


def test_the_interval_covers_what_it_says() -> None:
    rng = np.random.default_rng(0)
    samples = rng.normal(3.0, 2.0, size=(4_000, 3))
    covered = [low <= 3.0 <= high for _, low, high in map(mean_interval, samples.tolist())]
    assert 0.94 < np.mean(covered) < 0.96


@given(VALUES, st.data())
def test_paired_p_agrees_with_scipy(values: list[float], data: st.DataObject) -> None:
    others = data.draw(st.lists(st.floats(-1e3, 1e3), min_size=len(values), max_size=len(values)))
    differences = np.subtract(values, others)
    ours = paired_p(dict(enumerate(values)), dict(enumerate(others)))
    if np.std(differences) > 1e-6 * (1 + np.max(np.abs(differences))):
        assert ours == pytest.approx(stats.ttest_rel(values, others).pvalue, abs=1e-9)


def test_pairs_are_seeds() -> None:
    a = {0: 1.0, 1: 2.0, 2: 3.0, 9: 100.0}
    b = {2: 2.9, 1: 1.8, 0: 0.9, 7: -100.0}
    assert paired_p(a, b) == pytest.approx(stats.ttest_rel([1.0, 2.0, 3.0], [0.9, 1.8, 2.9]).pvalue)


def test_too_little_to_tell() -> None:
    assert paired_p({0: 1.0}, {0: 2.0}) == 1.0
    assert paired_p({0: 1.0, 1: 2.0}, {0: 1.0, 1: 2.0}) == 1.0
    assert paired_p({0: 1.0}, {1: 2.0}) == 1.0


def test_the_same_difference_at_every_seed_is_no_chance() -> None:
    assert paired_p({0: 1.0, 1: 2.0}, {0: 0.5, 1: 1.5}) == 0.0


def test_holm_worked_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def test_the_best_group_has_all_that_cannot_be_told_from_the_best() -> None:
    scores = {
        "best": {0: 0.10, 1: 0.11, 2: 0.12},
        "close": {0: 0.13, 1: 0.09, 2: 0.12},
        "worse": {0: 0.50, 1: 0.51, 2: 0.52},
    }
    assert best_group(scores, "lower") == {"best", "close"}
    assert best_group(scores, "higher") == {"worse"}
    assert best_group({}, "lower") == set()
    assert best_group({"alone": {0: 1.0}}, "lower") == {"alone"}


def test_one_seed_tells_nothing_apart() -> None:
    assert best_group({"a": {0: 0.1}, "b": {0: 0.9}}, "lower") == {"a", "b"}
