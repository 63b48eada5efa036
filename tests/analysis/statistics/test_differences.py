from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.analysis.statistics.differences import Difference, holm, student_p

VALUES = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=12)


@given(VALUES, st.data())
def test_the_test_agrees_with_scipy(values: list[float], data: st.DataObject) -> None:
    others = data.draw(st.lists(st.floats(-1e3, 1e3), min_size=len(values), max_size=len(values)))
    differences = np.subtract(values, others)
    ours = Difference.of(dict(enumerate(values)), dict(enumerate(others))).p
    if np.std(differences) > 1e-6 * (1 + np.max(np.abs(differences))):
        assert ours == pytest.approx(stats.ttest_rel(values, others).pvalue, abs=1e-9)


def test_the_test_of_a_published_example() -> None:
    """Student 1908, Biometrika 6, section IX: additional hours of sleep by two drugs, ten patients; t is 4.06."""
    dextro = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    laevo = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    found = Difference.of(dict(enumerate(laevo)), dict(enumerate(dextro)))
    assert (found.seeds, found.mean, found.spread) == (10, pytest.approx(1.58), pytest.approx(1.23, abs=5e-3))
    assert (found.low, found.high) == pytest.approx((0.70, 2.46), abs=5e-3)
    assert found.p == pytest.approx(0.00283, abs=5e-6)
    assert found.above == 9.5  # one patient slept as long with both


def test_pairs_are_seeds() -> None:
    a = {0: 1.0, 1: 2.0, 2: 3.0, 9: 100.0}
    b = {2: 2.9, 1: 1.8, 0: 0.9, 7: -100.0}
    found = Difference.of(a, b)
    assert found.p == pytest.approx(stats.ttest_rel([1.0, 2.0, 3.0], [0.9, 1.8, 2.9]).pvalue)
    assert (found.seeds, found.above) == (3, 3.0)


def test_too_little_to_tell() -> None:
    assert Difference.of({0: 1.0}, {0: 2.0}).p == 1.0
    assert Difference.of({0: 1.0, 1: 2.0}, {0: 1.0, 1: 2.0}).p == 1.0
    assert Difference.of({0: 1.0}, {1: 2.0}).p == 1.0
    assert math.isnan(Difference.of({0: 1.0}, {1: 2.0}).mean)


def test_the_same_difference_at_every_seed_is_no_chance() -> None:
    assert Difference.of({0: 1.0, 1: 2.0}, {0: 0.5, 1: 1.5}).p == 0.0


def test_five_pairs_can_decide_where_flipping_signs_cannot() -> None:
    differences = [0.9, 1.0, 1.1, 1.0, 0.95]
    flipped = stats.permutation_test((differences,), np.mean, permutation_type="samples", n_resamples=np.inf)
    assert flipped.pvalue == 0.0625
    assert student_p(differences) < 0.001


@pytest.mark.parametrize("seeds", [3, 5, 20])
@pytest.mark.parametrize("shape", ["normal", "lognormal", "solved or not"])
def test_cells_that_are_alike_are_told_apart_at_most_as_often_as_it_says(shape: str, seeds: int) -> None:
    rng = np.random.default_rng(seeds)
    size = (2, 2_000, seeds)
    scores = {
        "normal": rng.normal(size=size),
        "lognormal": rng.lognormal(size=size),
        "solved or not": np.where(rng.uniform(size=size) < 0.5, 0.001, 0.16) * rng.lognormal(0, 0.1, size),
    }[shape]
    claims = [student_p(differences) < 0.05 for differences in scores[0] - scores[1]]
    assert np.mean(claims) <= 0.06


@pytest.mark.parametrize("seeds", [5, 20])
def test_the_probability_of_improvement_is_covered_as_often_as_it_says(seeds: int) -> None:
    rng = np.random.default_rng(seeds)
    shifts = rng.normal(0, 1, size=2_000)
    truth = stats.norm.cdf(shifts / math.sqrt(2))
    covered = []
    for shift, chance in zip(shifts, truth, strict=True):
        a, b = rng.normal(shift, 1, seeds), rng.normal(0, 1, seeds)
        share, (low, high) = Difference.of(dict(enumerate(a)), dict(enumerate(b))).share_above
        assert 0 <= low <= share + 1e-9 <= high + 1e-9 <= 1 + 1e-9
        covered.append(low <= chance <= high)
    assert 0.93 <= np.mean(covered) <= 0.97


def test_holm_worked_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def test_holms_procedure_on_a_published_example() -> None:
    """Wright 1992, Biometrics 48, table 1: R's p.adjust gives the same."""
    found = holm([0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240])
    assert found[:4] == pytest.approx([0.001, 0.0036, 0.0152, 0.0665])
    assert found[4] == pytest.approx(0.1206)
