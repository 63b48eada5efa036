"""Temporal order: the class is found again by looking for the markers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness_synthetic.temporal_order import ORDERS, TemporalOrder


def batch_of(length: int, split: Any = "train", seed: int = 0) -> Any:
    return next(TemporalOrder(length).batches(split, 400, seed))


@pytest.mark.parametrize("length", [10, 57, 200])
def test_there_are_two_markers_where_the_paper_puts_them_and_the_class_is_their_order(length: int) -> None:
    batch = batch_of(length)
    assert batch.inputs.shape == (length, 400)
    assert set(np.unique(batch.inputs)) == set(range(6))
    places = set()
    for sequence, target in zip(batch.inputs.T, batch.targets, strict=True):
        first, second = np.flatnonzero(sequence < 2)
        assert length // 10 <= first < 2 * (length // 10)
        assert length // 2 <= second < length // 2 + length // 10
        assert ORDERS[target] == "XY"[sequence[first]] + "XY"[sequence[second]]
        places |= {first, second}
    assert len(places) == 2 * (length // 10)  # all of them occur


def test_all_orders_are_about_equally_likely_so_that_a_guess_is_right_in_a_quarter() -> None:
    task = TemporalOrder(20)
    targets = np.concatenate([batch.targets for batch in task.batches("test", 500, 0)])
    assert len(targets) == 2_000
    shares = np.bincount(targets, minlength=4) / 2_000
    assert np.abs(shares - 0.25).max() < 4 * (0.25 * 0.75 / 2_000) ** 0.5
    assert [baseline.scores for baseline in task.baselines()] == [{"accuracy": 25.0}]


def test_held_out_sequences_are_the_same_for_all_seeds_and_training_ones_are_not() -> None:
    for split in ("validation", "test"):
        np.testing.assert_array_equal(batch_of(30, split, 0).inputs, batch_of(30, split, 1).inputs)
    assert (batch_of(30, "validation").inputs != batch_of(30, "test").inputs).any()
    assert (batch_of(30, seed=0).inputs != batch_of(30, seed=1).inputs).any()
    np.testing.assert_array_equal(batch_of(30, seed=1).inputs, batch_of(30, seed=1).inputs)
