from __future__ import annotations

import math
from statistics import median

from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import CensoredData, ecdf

from harness.analysis.statistics.survival import median_time


def test_the_median_of_a_published_example() -> None:
    """Freireich et al. 1963: weeks in remission with 6-mercaptopurine; Kaplan and Meier's median is 23 weeks."""
    relapsed = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    lost = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    assert median_time(relapsed, lost) == 23


def test_without_runs_that_gave_up_it_is_the_lower_median() -> None:
    assert median_time([100, 300, 200], []) == median([100, 200, 300])
    assert median_time([100, 300, 200, 400], []) == 200  # the first step by which half of the runs had reached it


def test_runs_that_gave_up_count_as_later() -> None:
    assert median_time([100, 300], [1_000]) == 300  # two of three have, by step 300; without the third it is 100
    assert median_time([100, 300], [1_000, 1_000]) == 300


def test_what_fewer_than_half_reach_has_no_median() -> None:
    assert median_time([100], [1_000, 1_000]) == math.inf
    assert median_time([], [1_000]) == math.inf


@given(st.lists(st.integers(1, 9), min_size=1, max_size=20), st.lists(st.integers(1, 9), max_size=20))
def test_it_is_that_of_scipy(reached: list[int], given_up: list[int]) -> None:
    curve = ecdf(CensoredData(uncensored=reached, right=given_up)).sf
    below = [time for time, left in zip(curve.quantiles, curve.probabilities, strict=True) if left <= 0.5 + 1e-12]
    assert median_time(reached, given_up) == min(below, default=math.inf)
