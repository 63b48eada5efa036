from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness_synthetic.adding import CONSTANT_MSE, Adding

if TYPE_CHECKING:
    from harness import Batch

MARKS = ("anywhere", "halves", "early")


def positions(batch: Batch) -> np.ndarray:
    """The two marked steps of each sequence, (batch, 2), in order."""
    return np.sort(np.nonzero(batch.inputs[:, :, 1].T)[1].reshape(-1, 2), axis=1)


@given(length=st.integers(2, 60), marks=st.sampled_from(MARKS), seed=st.integers(0, 99))
def test_the_target_is_the_sum_of_the_two_marked_values(length: int, marks: str, seed: int) -> None:
    batch = next(Adding(length, marks).batches("train", 16, seed))  # type: ignore[arg-type]
    values, marked = batch.inputs[..., 0], batch.inputs[..., 1]
    assert batch.inputs.shape == (length, 16, 2)
    assert batch.inputs.dtype == batch.targets.dtype == np.float32
    assert set(np.unique(marked)) <= {0.0, 1.0}
    assert (marked.sum(axis=0) == 2).all()
    np.testing.assert_allclose((values * marked).sum(axis=0)[:, None], batch.targets, rtol=1e-6)
    assert ((values >= 0) & (values < 1)).all()


def test_marks_fall_where_the_papers_say() -> None:
    draw = {marks: positions(next(Adding(100, marks).batches("train", 20_000, 0))) for marks in MARKS}  # type: ignore[arg-type]
    first, second = draw["halves"].T
    assert (first.min(), first.max(), second.min(), second.max()) == (0, 49, 50, 99)
    first, second = draw["early"].T
    assert (first.min(), first.max(), second.min(), second.max()) == (0, 9, 10, 49)
    hits = np.bincount(draw["anywhere"].ravel(), minlength=100)
    assert hits.min() > 300  # 400 expected of each step
    assert hits.max() < 500


def test_always_answering_one_has_the_analytic_error() -> None:
    batch = next(Adding().batches("train", 200_000, 0))
    assert np.mean((batch.targets - 1) ** 2) == pytest.approx(CONSTANT_MSE, rel=0.01)
    assert Adding.solved == pytest.approx(1 / 600)


def test_held_out_sets_are_the_same_whatever_the_seed_and_batch() -> None:
    task = Adding(length=7)
    for split, count in (("validation", 1_000), ("test", 2_000)):
        whole = [
            np.concatenate([b.targets for b in task.batches(split, size, seed)]) for size, seed in ((64, 0), (999, 5))
        ]  # type: ignore[arg-type]
        assert len(whole[0]) == count
        np.testing.assert_array_equal(whole[0], whole[1])


def test_no_split_shares_a_sequence_with_another() -> None:
    task = Adding(length=7)
    drawn = [
        np.concatenate([b.targets.ravel() for b in islice(task.batches(split, 500, 0), 20)])
        for split in ("train", "validation", "test")
    ]
    for index, one in enumerate(drawn):
        for other in drawn[index + 1 :]:
            assert len(np.intersect1d(one, other)) < 0.01 * len(other)  # sums of float32 collide now and then


def test_training_data_depends_on_the_seed_only() -> None:
    same, again, other = (next(Adding(9).batches("train", 4, seed)).inputs for seed in (1, 1, 2))
    np.testing.assert_array_equal(same, again)
    assert not np.array_equal(same, other)
