from __future__ import annotations

import math

import numpy as np
import pytest

from harness.analysis.statistics.power import detectable, power, seeds_needed, unbiased
from harness.analysis.statistics.significance import student_p


@pytest.mark.parametrize(("effect", "seeds"), [(0.2, 199), (0.5, 34), (0.8, 15)])
def test_seeds_needed_are_those_of_cohens_effects(effect: float, seeds: int) -> None:
    """What G*Power and other programs give for a paired test at 0.05 and a power of 0.8."""
    assert seeds_needed(effect) == seeds_needed(-effect) == seeds


@pytest.mark.parametrize(
    ("effect", "seeds", "alpha", "expected"),
    [
        (0.5, 34, 0.05, 0.8077775012792737),
        (3.0, 5, 0.05, 0.9976795774377042),
        (10.0, 3, 0.003, 0.5941024572636723),
        (0.5, 10, 0.05, 0.2928285672666336),
    ],
)
def test_the_power_is_that_of_another_program(effect: float, seeds: int, alpha: float, expected: float) -> None:
    """Of statsmodels: TTestPower with alternative="larger" at half of alpha, as the wrong direction does not count."""
    assert power(effect, seeds, alpha) == pytest.approx(expected, abs=1e-6)


def test_the_power_is_how_often_a_difference_is_seen() -> None:
    differences = np.random.default_rng(0).normal(1.0, 1.0, size=(4_000, 8))
    assert np.mean([student_p(row) < 0.05 for row in differences]) == pytest.approx(power(1.0, 8), abs=0.02)


@pytest.mark.parametrize(("seeds", "alpha"), [(2, 0.05), (3, 0.05 / 825), (5, 0.05), (20, 0.001)])
def test_what_is_detectable_is_seen_with_the_power(seeds: int, alpha: float) -> None:
    assert power(detectable(seeds, alpha), seeds, alpha) == pytest.approx(0.8, abs=1e-4)


def test_what_nobody_can_count() -> None:
    assert detectable(1) == math.inf
    assert seeds_needed(0.0) is None
    assert seeds_needed(0.001) is None
    assert seeds_needed(math.inf) == 2


def test_an_effect_is_corrected_for_few_seeds() -> None:
    assert unbiased(1.0, 3) == pytest.approx(1 / math.sqrt(math.pi))  # by hand: gamma(1) / gamma(1/2)
    assert unbiased(1.0, 5) == pytest.approx(math.sqrt(2 / math.pi))  # gamma(2) / gamma(3/2) / sqrt(2)
    assert unbiased(1.0, 2) == 0.0
    samples = np.random.default_rng(0).normal(0.7, 1.0, size=(40_000, 5))
    found = unbiased(1.0, 5) * samples.mean(axis=1) / samples.std(axis=1, ddof=1)
    assert np.mean(found) == pytest.approx(0.7, abs=0.02)
