"""Copying: what is to be written, where, and what a network without a memory reaches."""

from __future__ import annotations

import math
from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch

from harness import HarnessError, Tensors
from harness_synthetic.recall import Copy, SelectiveCopy

CPU = torch.device("cpu")


def some(task: Any, split: Any = "train", seed: int = 0) -> Any:
    return next(task.batches(split, 300, seed))


def certain(symbols: Any, classes: int) -> Any:
    """Logits (time, batch, classes) that leave no doubt."""
    return 50.0 * torch.nn.functional.one_hot(torch.as_tensor(symbols), classes).float()


def test_copy_shows_symbols_then_a_delay_then_the_delimiter_and_wants_the_symbols_at_the_end() -> None:
    batch = some(Copy(delay=4, symbols=3, alphabet=5))
    assert batch.inputs.shape == batch.targets.shape == (4 + 2 * 3, 300)
    shown = batch.inputs[:3]
    assert set(np.unique(shown)) == {1, 2, 3, 4, 5}
    assert (batch.inputs[3:6] == 0).all()
    assert (batch.inputs[6] == 6).all()
    assert (batch.inputs[7:] == 0).all()
    assert (batch.targets[:7] == 0).all()
    np.testing.assert_array_equal(batch.targets[7:], shown)


def test_selective_copy_wants_the_symbols_in_the_order_in_which_they_stood() -> None:
    batch = some(SelectiveCopy(length=9, symbols=3, alphabet=5))
    assert batch.inputs.shape == batch.targets.shape == (9 + 1 + 3, 300)
    assert (batch.inputs[9] == 6).all()
    assert (batch.inputs[10:] == 0).all()
    assert (batch.targets[:10] == 0).all()
    for read, wanted in zip(batch.inputs[:9].T, batch.targets[10:].T, strict=True):
        assert [symbol for symbol in read if symbol] == list(wanted)
    assert {place for column in batch.inputs[:9].T for place in np.flatnonzero(column)} == set(range(9))


@pytest.mark.parametrize(
    ("task", "published"),
    [(Copy(delay=100), 0.1733), (Copy(delay=500), 0.0400), (Copy(delay=1000), 0.0204)],
)
def test_without_a_memory_the_loss_is_that_of_the_papers(task: Copy, published: float) -> None:
    (baseline,) = task.baselines()
    assert round(baseline.scores["cross-entropy"], 4) == published
    assert baseline.scores["recall"] == 12.5


@pytest.mark.parametrize("task", [Copy(delay=3, symbols=4, alphabet=5), SelectiveCopy(length=8, symbols=4, alphabet=5)])
def test_the_baseline_is_what_blanks_and_then_any_symbol_score(task: Any) -> None:
    batch = Tensors(some(task, "test"), CPU)
    guess = torch.zeros(*batch.targets.shape, 6)
    guess[..., 0] = 50.0
    guess[-4:] = torch.tensor([-50.0, 0, 0, 0, 0, 0])
    (baseline,) = task.baselines()
    assert task.score(task.tally(guess, batch))["cross-entropy"] == pytest.approx(baseline.scores["cross-entropy"])
    assert task.loss(guess, batch).item() == pytest.approx(4 * math.log(5) / len(batch.targets), rel=1e-5)


def test_recall_counts_the_symbols_alone() -> None:
    task = Copy(delay=3, symbols=2, alphabet=5)
    batch = Tensors(some(task), CPU)
    right = certain(batch.targets, 6)
    assert task.score(task.tally(right, batch))["recall"] == 100
    only_blanks = certain(torch.zeros_like(batch.targets), 6)
    assert task.score(task.tally(only_blanks, batch))["recall"] == 0
    half = right.clone()
    half[-1] = certain(torch.zeros(300, dtype=torch.long), 6)
    half[0] = 0  # before the delimiter nothing is recalled
    assert task.score(task.tally(half, batch))["recall"] == 50
    assert task.solved == 99


@pytest.mark.parametrize("kind", [Copy, SelectiveCopy])
def test_training_depends_on_the_seed_held_out_data_do_not_and_no_sequence_is_in_two_sets(kind: Any) -> None:
    task = kind()
    assert all((some(task, split, 0).inputs == some(task, split, 1).inputs).all() for split in ("validation", "test"))
    np.testing.assert_array_equal(some(task, "train", 1).inputs, some(kind(), "train", 1).inputs)
    assert (some(task, "train", 0).inputs != some(task, "train", 1).inputs).any()
    sets = [
        {column.tobytes() for b in task.batches(s, 500, 0) for column in b.inputs.T} for s in ("validation", "test")
    ]
    trained = {c.tobytes() for b in islice(task.batches("train", 500, 0), 4) for c in b.inputs.T}
    assert [len(one) for one in sets] == [1_000, 2_000]
    assert sets[0].isdisjoint(sets[1])
    assert trained.isdisjoint(sets[0] | sets[1])


def test_more_symbols_than_steps_are_refused() -> None:
    with pytest.raises(HarnessError, match=r"^selective-copy: 10 symbols do not fit into length=9 steps\.$"):
        SelectiveCopy(length=9)
