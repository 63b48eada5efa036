"""Losses and sums against values worked out by hand, with and without padding."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
import torch

from harness.training.scoring import losses, select, totals

if TYPE_CHECKING:
    from torch import Tensor

LN3 = math.log(3)
LOGITS = torch.tensor([[LN3, 0.0], [0.0, 0.0], [0.0, LN3]])  # probabilities 3/4 1/4, 1/2 1/2, 1/4 3/4


def test_cross_entropy_is_in_nats_one_an_example() -> None:
    expected = [-math.log(0.75), -math.log(0.5), -math.log(0.25)]
    assert losses(LOGITS, torch.tensor([0, 1, 0])).tolist() == pytest.approx(expected)


def test_squared_error_is_a_mean_over_the_features_of_an_example() -> None:
    outputs, targets = torch.tensor([[1.0, 2.0], [0.0, 3.0]]), torch.tensor([[0.0, 0.0], [0.0, 0.0]])
    assert losses(outputs, targets).tolist() == [2.5, 4.5]


def test_real_targets_of_another_shape_are_refused_rather_than_broadcast() -> None:
    with pytest.raises(ValueError, match=r"^outputs \(3, 1\) and targets \(3,\) differ in shape$"):
        losses(torch.zeros(3, 1), torch.zeros(3))


def test_totals_of_classes_count_what_is_right() -> None:
    sums = totals(LOGITS, torch.tensor([0, 0, 0]))
    assert sums == {"loss": pytest.approx(-math.log(0.75 * 0.5 * 0.25)), "count": 3, "correct": 2}


def test_totals_of_real_values_have_nothing_right_or_wrong() -> None:
    assert totals(torch.ones(2, 1), torch.zeros(2, 1)) == {"loss": 2.0, "count": 2}


@pytest.mark.parametrize("lengths", [None, torch.tensor([3, 3])])
def test_without_padding_every_step_counts(lengths: Tensor | None) -> None:
    outputs, targets = torch.arange(12.0).reshape(3, 2, 2), torch.arange(6).reshape(3, 2)
    selected, chosen = select(outputs, targets, lengths)
    assert selected.tolist() == outputs.reshape(6, 2).tolist()
    assert chosen.tolist() == [0, 1, 2, 3, 4, 5]


def test_steps_behind_a_sequences_end_do_not_count() -> None:
    outputs, targets = torch.arange(12.0).reshape(3, 2, 2), torch.arange(6).reshape(3, 2)
    selected, chosen = select(outputs, targets, torch.tensor([1, 3]))
    assert chosen.tolist() == [0, 1, 3, 5]  # step 0 of both, then steps 1 and 2 of the second
    assert selected[:, 0].tolist() == [0.0, 2.0, 6.0, 10.0]


def test_a_mean_over_padded_sequences_is_over_their_steps() -> None:
    logits = torch.stack([LOGITS, torch.full((3, 2), 50.0)], dim=1)[:, [0, 0]]  # (time 3, batch 2, out 2)
    loss = losses(*select(logits, torch.zeros(3, 2, dtype=torch.int64), torch.tensor([3, 1]))).mean()
    expected = -(math.log(0.75) + math.log(0.5) + math.log(0.25) + math.log(0.75)) / 4
    assert loss.item() == pytest.approx(expected)


def test_one_output_a_sequence_is_taken_as_it_is() -> None:
    outputs, targets = LOGITS, torch.tensor([0, 1, 0])
    assert select(outputs, targets, torch.tensor([9, 2, 4])) == (outputs, targets)
