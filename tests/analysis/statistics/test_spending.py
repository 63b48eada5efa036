from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from harness.analysis.statistics.significance import student_p
from harness.analysis.statistics.spending import promise, sequential_p, shares

if TYPE_CHECKING:
    from collections.abc import Sequence

LOOKS = (3, 5, 8, 13, 20)


def test_shares_worked_by_hand() -> None:
    """After a quarter of the seeds a sixteenth of the error is spent, after half of them a quarter."""
    assert shares((5, 10, 20)) == pytest.approx([1 / 16, 3 / 16, 12 / 16])
    assert sum(shares(LOOKS)) == pytest.approx(1.0)
    assert shares((3,)) == [1.0]


def looked_at(differences: Sequence[float], looks: Sequence[int]) -> float:
    return sequential_p(lambda count: student_p(differences[:count]), len(differences), looks)


def test_the_p_value_is_the_least_of_the_looks_by_their_shares() -> None:
    differences = [1.0, 1.2, 0.8, 1.1, -3.0, 0.5, 0.9, 1.3]
    at_3, at_5 = (stats.ttest_1samp(differences[:count], 0.0).pvalue for count in (3, 5))
    assert looked_at(differences[:5], (3, 5)) == pytest.approx(min(at_3 / (9 / 25), at_5 / (16 / 25)))
    assert looked_at(differences[:4], (3, 5)) == pytest.approx(at_3 / (9 / 25))  # the fourth is no look
    assert looked_at(differences[:2], (3, 5)) == 1.0
    assert looked_at(differences[:3], (3,)) == pytest.approx(student_p(differences[:3]))


def test_looking_again_and_again_without_spending_would_err_too_often() -> None:
    differences = np.random.default_rng(0).normal(size=(2_000, 20))
    naive = [min(student_p(row[:look]) for look in LOOKS) < 0.05 for row in differences]
    spent = [looked_at(row, LOOKS) < 0.05 for row in differences.tolist()]
    assert np.mean(naive) > 0.1
    assert np.mean(spent) <= 0.05


def test_the_promise_is_how_often_the_last_look_shows_it() -> None:
    """Of differences that are one standard error larger than they seem, given what the first eight were."""
    rng = np.random.default_rng(0)
    seen = rng.normal(size=8)
    seen = (seen - seen.mean()) / seen.std(ddof=1) + 0.4  # mean 0.4, standard deviation 1
    alpha = 0.05
    later = rng.normal(0.4 + 1 / math.sqrt(8), 1.0, size=(4_000, 12))
    ends = [student_p(np.concatenate([seen, row])) < alpha * shares(LOOKS)[-1] for row in later]
    assert promise(0.4, 1.0, 8, LOOKS, alpha) == pytest.approx(np.mean(ends), abs=0.03)


def test_nothing_is_promised_where_nothing_can_come() -> None:
    assert promise(1.0, 1.0, 20, LOOKS, 0.05) == 0.0
    assert promise(0.0, 0.0, 5, LOOKS, 0.05) == 0.0
    assert promise(0.0, math.nan, 1, LOOKS, 0.05) == 0.0
    assert promise(0.01, 1.0, 13, LOOKS, 0.05) < 0.05
    assert promise(2.0, 1.0, 5, LOOKS, 0.05) > 0.99
