"""Layers above one another: where dropout falls, and that padding reaches no output."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from harness import Batch, Classes, OneHot, Real, Tensors
from harness.modeling.assembly import Architecture, build
from harness.modeling.recurrence import Recurrence
from harness.modeling.stack import Stack
from harness_scratch.elman import Elman
from harness_scratch.jordan import Jordan
from harness_scratch.lstm import LSTM

P = 0.25


def test_dropout_leaves_out_a_share_of_outputs_and_none_of_the_states() -> None:
    torch.manual_seed(0)
    stack = Stack([Recurrence(Elman(3, 50)), Recurrence(Elman(50, 50))], P)
    x = torch.randn(20, 30, 3)
    stack.eval()
    whole, ended = stack(x)
    assert bool((whole != 0).all())
    stack.train()
    dropped, states = stack(x)
    torch.testing.assert_close(states[0], ended[0])  # the first layer goes on from what it was
    assert (states[1][0] - ended[1][0]).abs().max() > 0.1  # the second one reads less
    share = (dropped == 0).double().mean().item()
    assert abs(share - P) < 4 * (P * (1 - P) / dropped.numel()) ** 0.5


def test_what_dropout_leaves_is_scaled_up() -> None:
    stack = Stack([Recurrence(Elman(3, 50))], P)
    x = torch.randn(20, 30, 3)
    whole, _ = stack.eval()(x)
    dropped, _ = stack.train()(x)
    torch.testing.assert_close(dropped[dropped != 0], whole[dropped != 0] / (1 - P))


def test_a_layer_that_makes_the_prediction_is_left_whole_and_the_one_below_is_not() -> None:
    torch.manual_seed(0)
    jordan = Recurrence(Jordan(50, 8, 4, torch.nn.Softmax(dim=-1)))
    x = torch.randn(20, 30, 50)
    alone = Stack([jordan], 0.9)
    torch.testing.assert_close(alone.train()(x)[0], alone.eval()(x)[0])
    above = Stack([Recurrence(Elman(50, 50)), jordan], 0.9)
    assert (above.train()(x)[0] - above.eval()(x)[0]).abs().max() > 0.1


@pytest.mark.parametrize("topology", ["many to one", "many to many", "CTC"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_more_padding_changes_no_output_within_a_sequence(topology: Any, bidirectional: bool) -> None:  # noqa: FBT001
    lengths = np.array([4, 2, 3])
    inputs = np.random.default_rng(0).integers(5, size=(4, 3))
    padded = np.concatenate([inputs, np.full((3, 3), 4)])
    model: Any = build(LSTM, {}, Architecture(OneHot(5), Classes(3), topology, 2, bidirectional), 6, seed=0)
    outputs, more = (
        model(Tensors(Batch(part, part, lengths), torch.device("cpu")))[0].detach() for part in (inputs, padded)
    )
    if topology == "many to one":
        torch.testing.assert_close(more, outputs)
    else:
        for row, length in enumerate(lengths):
            torch.testing.assert_close(more[:length, row], outputs[:length, row])


def test_one_direction_sees_nothing_later_and_two_do() -> None:
    early, late = np.zeros((5, 1, 2), dtype=np.float32), np.zeros((5, 1, 2), dtype=np.float32)
    late[4] = 3
    for bidirectional in (False, True):
        model: Any = build(LSTM, {}, Architecture(Real(2), Classes(3), "many to many", 1, bidirectional), 6, seed=0)
        one, other = (model(Tensors(Batch(x, x), torch.device("cpu")))[0][:4] for x in (early, late))
        assert torch.equal(one, other) is not bidirectional
