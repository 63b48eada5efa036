from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from harness.analysis.statistics.intervals import interquartile_mean, mean_interval, ratio_interval, wilson_interval

if TYPE_CHECKING:
    from collections.abc import Callable

TABLES = 2_000
SHAPES: dict[str, tuple[Callable[[np.random.Generator, tuple[int, int]], np.ndarray], float]] = {
    "normal": (lambda rng, size: rng.normal(3.0, 2.0, size), 3.0),
    "heavy tails": (lambda rng, size: rng.standard_t(5, size), 0.0),
    "skewed to the right": (lambda rng, size: rng.lognormal(0.0, 0.25, size), math.exp(0.25**2 / 2)),
    "skewed to the left": (lambda rng, size: -rng.gumbel(0.0, 1.0, size), -np.euler_gamma),
}


def test_the_interval_is_students_worked_by_hand() -> None:
    mean, low, high = mean_interval([1.0, 2.0, 3.0])
    half = 4.302652729911275 * 1 / math.sqrt(3)  # t of two degrees of freedom at 97.5%, standard deviation 1
    assert (mean, low, high) == pytest.approx((2.0, 2.0 - half, 2.0 + half))


def test_a_single_value_has_no_interval() -> None:
    mean, low, high = mean_interval([0.5])
    assert mean == 0.5
    assert math.isnan(low)
    assert math.isnan(high)


@pytest.mark.parametrize("seeds", [3, 5, 20])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_interval_covers_what_it_says(shape: str, seeds: int) -> None:
    draw, truth = SHAPES[shape]
    samples = draw(np.random.default_rng(seeds), (TABLES, seeds))
    covered = [low <= truth <= high for _, low, high in map(mean_interval, samples.tolist())]
    assert 0.93 <= np.mean(covered) <= 0.97


def test_a_percentile_bootstrap_would_not() -> None:
    rng = np.random.default_rng(0)
    samples = rng.normal(size=(TABLES, 5))
    means = samples[:, rng.integers(5, size=(400, 5))].mean(axis=2)  # (table, resample)
    low, high = np.quantile(means, [0.025, 0.975], axis=1)
    assert np.mean((low <= 0) & (high >= 0)) < 0.87


@pytest.mark.parametrize("count", [1, 3, 4, 5, 8, 11])
def test_the_interquartile_mean_is_scipys_trimmed_one(count: int) -> None:
    values = np.random.default_rng(count).normal(size=count).tolist()
    assert interquartile_mean(values) == pytest.approx(stats.trim_mean(values, 0.25))


def test_an_outlier_does_not_move_the_interquartile_mean() -> None:
    assert interquartile_mean([1.0, 2.0, 3.0, 4.0, 1e9]) == 3.0


@pytest.mark.parametrize(("count", "total"), [(0, 3), (3, 3), (7, 10), (1, 20)])
def test_wilsons_interval_is_scipys(count: int, total: int) -> None:
    theirs = stats.binomtest(count, total).proportion_ci(method="wilson")
    assert wilson_interval(count, total) == pytest.approx((theirs.low, theirs.high))


def test_wilsons_interval_of_a_published_example() -> None:
    """Newcombe 1998, Statistics in Medicine 17, table I, method 3."""
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson_interval(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)


@pytest.mark.parametrize("total", [5, 20])
def test_wilsons_interval_covers_what_it_says_on_average_over_shares(total: int) -> None:
    rng = np.random.default_rng(total)
    shares = rng.uniform(size=TABLES)
    found = [wilson_interval(count, total) for count in rng.binomial(total, shares)]
    covered = [low <= share <= high for share, (low, high) in zip(shares, found, strict=True)]
    assert 0.93 <= np.mean(covered) <= 0.97


def test_what_disturbs_both_in_one_repeat_widens_no_interval() -> None:
    disturbed = [1.0, 5.0, 1.1, 9.0, 1.2, 3.0, 1.3]
    assert ratio_interval([2 * seconds for seconds in disturbed], disturbed) == pytest.approx((2, 2, 2))


def test_the_ratio_is_of_medians_and_lies_in_its_interval() -> None:
    above, below = [4.0, 6.0, 5.0, 7.0, 100.0], [2.0, 1.0, 3.0, 2.5, 2.2]
    ratio, low, high = ratio_interval(above, below)
    assert ratio == 6.0 / 2.2
    assert low < ratio < high
    assert ratio_interval(above, below) == (ratio, low, high)  # drawn the same each time
