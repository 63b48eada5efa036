from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.analysis.comparison.compare import compare

if TYPE_CHECKING:
    from conftest import Maker


def test_solved_seeds_and_the_median_step(make: Maker) -> None:
    records = [
        make("lstm", 0, 0.001, solved=True, solved_step=7),
        make("lstm", 1, 0.001, solved=True, solved_step=3),
        make("lstm", 2, 0.2, solved=False),
    ]
    score = compare(records, []).columns[0].scores["lstm"]
    assert (score.solved, score.solved_step) == (2, 7)  # by then half of all three have
    assert (score.solved_low, score.solved_high) == pytest.approx((0.2077, 0.9385), abs=5e-5)  # Wilson's of 2 of 3
    assert compare([make("lstm", 0, 0.1)], []).columns[0].scores["lstm"].solved is None


def test_a_run_that_failed_solved_nothing(make: Maker) -> None:
    records = [make("lstm", 0, 0.001, solved=True, solved_step=7)]
    records += [make("lstm", seed, None, reason="loss nan") for seed in (1, 2)]
    score = compare(records, []).columns[0].scores["lstm"]
    assert (score.solved, score.seeds, score.failed, score.solved_step) == (1, 1, 2, None)
    assert score.solved_high == pytest.approx(0.7923, abs=5e-5)  # Wilson's of 1 of 3


def test_mean_median_and_the_mean_of_the_middle_half(make: Maker) -> None:
    records = [make("lstm", seed, score) for seed, score in enumerate([0.1, 0.2, 0.3, 0.5, 9.0])]
    score = compare(records, []).columns[0].scores["lstm"]
    assert (score.mean, score.median, score.iqm) == pytest.approx((2.02, 0.3, 1 / 3))
