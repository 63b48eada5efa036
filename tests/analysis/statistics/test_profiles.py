from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from harness.analysis.statistics.profiles import aggregate, normalised, profile


def test_a_scale_whatever_its_direction() -> None:
    assert normalised(75.0, 50.0, 100.0) == 0.5
    assert normalised(0.04, 0.16, 0.0) == pytest.approx(0.75)  # an error: lower is better


def test_the_aggregate_worked_by_hand() -> None:
    """Four tasks, two seeds: without the extremes the means of the seeds are 0.45 and 0.55."""
    scores = np.array([[0.0, 0.1], [0.4, 0.5], [0.5, 0.6], [9.0, 1.0]])
    mean, low, high = aggregate(scores)
    assert mean == pytest.approx(0.5)
    assert high - low == pytest.approx(2 * 12.706 * 0.05, abs=1e-4)  # Student's with one degree of freedom


def test_the_profile_is_the_share_of_runs_above_each_threshold() -> None:
    scores = np.array([[0.1, 0.3], [0.6, 0.4], [0.9, 1.1], [0.9, 0.8]])
    found = profile(scores, [0.0, 0.5, 1.0])
    assert [share for share, _, _ in found] == [1.0, 5 / 8, 1 / 8]
    assert all(0 <= low <= share <= high <= 1 for share, low, high in found)


@pytest.mark.parametrize("seeds", [5, 20])
def test_the_interval_of_the_aggregate_covers_what_it_says_where_a_bootstrap_does_not(seeds: int) -> None:
    """Ten tasks of different spread; beside it the bootstrap of Agarwal et al. 2021, which draws seeds in each task."""
    rng = np.random.default_rng(seeds)
    means, spreads = rng.uniform(0.2, 1.0, 10), rng.lognormal(-2.5, 1.0, 10)

    def draw(count: int) -> np.ndarray:
        return means[:, None] + spreads[:, None] * rng.normal(size=(10, count))

    truth = np.mean(stats.trim_mean(draw(200_000), 0.25, axis=0))
    ours = [low <= truth <= high for _, low, high in (aggregate(draw(seeds)) for _ in range(2_000))]
    assert 0.93 <= np.mean(ours) <= 0.97
    pooled = stats.trim_mean(draw(200_000).ravel(), 0.25)
    theirs = []
    for _ in range(200):
        drawn = np.take_along_axis(draw(seeds)[None], rng.integers(seeds, size=(300, 10, seeds)), axis=2)
        low, high = np.quantile(stats.trim_mean(drawn.reshape(300, -1), 0.25, axis=1), [0.025, 0.975])
        theirs.append(low <= pooled <= high)
    if seeds == 5:
        assert np.mean(theirs) < 0.93
