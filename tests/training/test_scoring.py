"""Losses and sums against values worked out by hand, with and without padding."""

from __future__ import annotations

import math
from itertools import groupby, product
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import torch

from harness.training.scoring import ctc_losses, losses, mean_loss, select, totals

if TYPE_CHECKING:
    from torch import Tensor

LN3 = math.log(3)
LOGITS = torch.tensor([[LN3, 0.0], [0.0, 0.0], [0.0, LN3]])  # probabilities 3/4 1/4, 1/2 1/2, 1/4 3/4


def batch_of(targets: Tensor, lengths: Tensor | None = None, target_lengths: Tensor | None = None) -> Any:
    """What of a batch a loss looks at."""
    return SimpleNamespace(targets=targets, lengths=lengths, target_lengths=target_lengths)


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
    sums = totals(LOGITS, batch_of(torch.tensor([0, 0, 0])))
    assert sums == {"loss": pytest.approx(-math.log(0.75 * 0.5 * 0.25)), "count": 3, "correct": 2}


def test_totals_of_real_values_have_nothing_right_or_wrong() -> None:
    assert totals(torch.ones(2, 1), batch_of(torch.zeros(2, 1))) == {"loss": 2.0, "count": 2}


@pytest.mark.parametrize("lengths", [None, torch.tensor([3, 3])])
def test_without_padding_every_step_counts(lengths: Tensor | None) -> None:
    outputs, targets = torch.arange(12.0).reshape(3, 2, 2), torch.arange(6).reshape(3, 2)
    selected, chosen = select(outputs, batch_of(targets, lengths))
    assert selected.tolist() == outputs.reshape(6, 2).tolist()
    assert chosen.tolist() == [0, 1, 2, 3, 4, 5]


def test_steps_behind_a_sequences_end_do_not_count() -> None:
    outputs, targets = torch.arange(12.0).reshape(3, 2, 2), torch.arange(6).reshape(3, 2)
    selected, chosen = select(outputs, batch_of(targets, torch.tensor([1, 3])))
    assert chosen.tolist() == [0, 1, 3, 5]  # step 0 of both, then steps 1 and 2 of the second
    assert selected[:, 0].tolist() == [0.0, 2.0, 6.0, 10.0]


def test_a_mean_over_padded_sequences_is_over_their_steps() -> None:
    logits = torch.stack([LOGITS, torch.full((3, 2), 50.0)], dim=1)[:, [0, 0]]  # (time 3, batch 2, out 2)
    batch = batch_of(torch.zeros(3, 2, dtype=torch.int64), torch.tensor([3, 1]))
    loss = mean_loss(logits, batch, "many to many")
    expected = -(math.log(0.75) + math.log(0.5) + math.log(0.25) + math.log(0.75)) / 4
    assert loss.item() == pytest.approx(expected)


def test_one_output_a_sequence_is_taken_as_it_is() -> None:
    outputs, targets = LOGITS, torch.tensor([0, 1, 0])
    assert select(outputs, batch_of(targets, torch.tensor([9, 2, 4]))) == (outputs, targets)


def test_targets_with_a_length_of_their_own_count_up_to_it() -> None:
    outputs, targets = torch.arange(12.0).reshape(3, 2, 2), torch.arange(6).reshape(3, 2)
    _, chosen = select(outputs, batch_of(targets, torch.tensor([9, 9]), torch.tensor([1, 3])))
    assert chosen.tolist() == [0, 1, 3, 5]


def test_binary_values_have_the_sum_of_their_cross_entropies() -> None:
    loss = losses(LOGITS, torch.tensor([[True, False], [True, True], [False, False]]))
    expected = [-math.log(0.75) - math.log(0.5), -2 * math.log(0.5), -math.log(0.5) - math.log(0.25)]
    assert loss.tolist() == pytest.approx(expected)  # sigmoid(ln 3) = 3/4


def test_ctc_adds_up_every_alignment() -> None:
    time, classes = 4, 3
    logits = torch.randn(time, 2, classes, generator=torch.Generator().manual_seed(1))
    strings, lengths = [[1, 1], [2]], [4, 3]
    batch = batch_of(torch.tensor([[1, 2], [1, 0]]), torch.tensor(lengths), torch.tensor([2, 1]))
    probabilities = logits.softmax(dim=2)
    for row, (string, length) in enumerate(zip(strings, lengths, strict=True)):
        total = sum(
            math.prod(probabilities[t, row, symbol].item() for t, symbol in enumerate(path))
            for path in product(range(classes), repeat=length)
            if [symbol for symbol, _ in groupby(path) if symbol] == string
        )
        assert ctc_losses(logits, batch)[row].item() == pytest.approx(-math.log(total), rel=1e-4)
