from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.analysis.statistics.differences import BySeed, Difference, holm
from harness.analysis.statistics.significance import barnard_p, student_p

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

VALUES = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=12)


def of(a: Mapping[int, float], b: Mapping[int, float], solved: Sequence[Mapping[int, bool]] = ()) -> Difference:
    return Difference.of(BySeed(a), BySeed(b), solved=[BySeed(runs) for runs in solved])


@given(VALUES, st.data())
def test_the_test_agrees_with_scipy(values: list[float], data: st.DataObject) -> None:
    others = data.draw(st.lists(st.floats(-1e3, 1e3), min_size=len(values), max_size=len(values)))
    differences = np.subtract(values, others)
    ours = of(dict(enumerate(values)), dict(enumerate(others))).p
    if np.std(differences) > 1e-6 * (1 + np.max(np.abs(differences))):
        assert ours == pytest.approx(stats.ttest_rel(values, others).pvalue, abs=1e-9)


def test_the_test_of_a_published_example() -> None:
    """Student 1908, Biometrika 6, section IX: additional hours of sleep by two drugs, ten patients; t is 4.06."""
    dextro = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    laevo = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    found = of(dict(enumerate(laevo)), dict(enumerate(dextro)))
    assert (found.seeds, found.mean, found.spread) == (10, pytest.approx(1.58), pytest.approx(1.23, abs=5e-3))
    assert (found.low, found.high) == pytest.approx((0.70, 2.46), abs=5e-3)
    assert found.p == pytest.approx(0.00283, abs=5e-6)
    assert found.above == 9.5  # one patient slept as long with both


def test_pairs_are_seeds() -> None:
    a = {0: 1.0, 1: 2.0, 2: 3.0, 9: 100.0}
    b = {2: 2.9, 1: 1.8, 0: 0.9, 7: -100.0}
    found = of(a, b)
    assert found.p == pytest.approx(stats.ttest_rel([1.0, 2.0, 3.0], [0.9, 1.8, 2.9]).pvalue)
    assert (found.seeds, found.above) == (3, 3.0)


def test_too_little_to_tell() -> None:
    assert of({0: 1.0}, {0: 2.0}).p == 1.0
    assert of({0: 1.0, 1: 2.0}, {0: 1.0, 1: 2.0}).p == 1.0
    assert of({0: 1.0}, {1: 2.0}).p == 1.0
    assert math.isnan(of({0: 1.0}, {1: 2.0}).mean)


def test_the_same_difference_at_every_seed_is_no_chance() -> None:
    assert of({0: 1.0, 1: 2.0}, {0: 0.5, 1: 1.5}).p == 0.0


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
        share, (low, high) = of(dict(enumerate(a)), dict(enumerate(b))).share_above
        assert 0 <= low <= share + 1e-9 <= high + 1e-9 <= 1 + 1e-9
        covered.append(low <= chance <= high)
    assert 0.93 <= np.mean(covered) <= 0.97


def test_solving_by_luck_is_no_difference() -> None:
    """Three runs that solve it and three that do not happen once in 32 times by luck."""
    solved, unsolved = {0: 0.0010, 1: 0.0011, 2: 0.0009}, {0: 0.1601, 1: 0.1599, 2: 0.1600}
    outcomes = [dict.fromkeys(range(3), value) for value in (True, False)]
    assert of(solved, unsolved).p < 1e-5
    assert of(solved, unsolved, solved=outcomes).p == pytest.approx(1 / 32)
    alike = [dict.fromkeys(range(3), False)] * 2
    assert of(solved, unsolved, solved=alike).p < 1e-5  # what does not differ says nothing


def test_barnards_test_of_a_published_example() -> None:
    """Mehta and Senchaudhuri 2003: 7 of 15 infected with a vaccine, 12 of 15 without; one-sided p is 0.034."""
    assert barnard_p(7, 12, 15) == pytest.approx(2 * 0.0341, abs=1e-4)
    assert barnard_p(7, 12, 15) == pytest.approx(stats.barnard_exact([[7, 12], [8, 3]]).pvalue, abs=1e-4)


@pytest.mark.parametrize(("one", "other", "runs"), [(3, 0, 3), (5, 0, 5), (3, 0, 5), (2, 2, 9), (6, 1, 8)])
def test_barnards_test_holds_whatever_the_share(one: int, other: int, runs: int) -> None:
    """No share makes counts at least as far apart more likely than it says, and one makes them as likely."""
    p = barnard_p(one, other, runs)
    far = np.array([[barnard_p(a, b, runs) <= p + 1e-9 and a != b for b in range(runs + 1)] for a in range(runs + 1)])
    shares = np.linspace(0.01, 0.99, 99)
    chances = stats.binom.pmf(np.arange(runs + 1)[:, None], runs, shares)
    likely = np.einsum("as,ab,bs->s", chances, far, chances)
    assert np.all(likely <= p + 1e-9)
    assert p == 1.0 or max(likely) == pytest.approx(p, rel=0.01)


def test_of_many_runs_the_test_of_shares_stands_for_barnards() -> None:
    """With so many it is that of the chi-square without correction; at 200 both say nearly the same."""
    table = [[600, 660], [900, 840]]
    assert barnard_p(600, 660, 1500) == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue)
    assert barnard_p(100, 120, 200) == pytest.approx(barnard_p(101, 121, 201), rel=0.1)


def test_barnards_test_has_nothing_to_say_where_nothing_differs() -> None:
    assert barnard_p(0, 0, 5) == barnard_p(5, 5, 5) == 0.0
    assert barnard_p(2, 2, 5) == 1.0


def test_chance_in_solving_is_no_more_than_it_says_where_many_comparisons_share_the_error() -> None:
    """At 0.05 / 15 and three seeds Student's test alone errs five times as often as it says."""
    rng = np.random.default_rng(0)
    lucky = rng.uniform(size=(2, 4_000, 3)) < 0.5
    scores = np.where(lucky, 0.001, 0.16) * rng.lognormal(0, 0.1, lucky.shape)
    alone = [student_p(row) < 0.05 / 15 for row in scores[0] - scores[1]]
    both = []
    for a, b, won, lost in zip(*scores.tolist(), *lucky.tolist(), strict=True):
        outcomes = [dict(enumerate(won)), dict(enumerate(lost))]
        both.append(of(dict(enumerate(a)), dict(enumerate(b)), solved=outcomes).p < 0.05 / 15)
    assert np.mean(alone) > 0.01
    assert np.mean(both) <= 0.05 / 15


def test_holm_worked_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def test_holms_procedure_on_a_published_example() -> None:
    """Wright 1992, Biometrics 48, table 1: R's p.adjust gives the same."""
    found = holm([0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240])
    assert found[:4] == pytest.approx([0.001, 0.0036, 0.0152, 0.0665])
    assert found[4] == pytest.approx(0.1206)
