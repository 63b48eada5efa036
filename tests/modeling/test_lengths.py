"""Sequences of unequal length in one batch: each is treated as if it were alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from harness.modeling.bidirectional import Bidirectional
from harness.modeling.lengths import reverse, run_to_ends
from harness.modeling.recurrence import Recurrence
from harness.modeling.stack import Stack
from harness_scratch.elman import Elman
from harness_scratch.lstm import LSTM
from harness_scratch.mingru import MinGRU
from harness_torch.layers import TorchGRU

if TYPE_CHECKING:
    from harness.modeling.layer import Layer

LENGTHS = torch.tensor([3, 6, 1, 3])


def layers(seed: int = 0) -> dict[str, Layer]:
    torch.manual_seed(seed)
    return {"lstm": Recurrence(LSTM(2, 5)), "torch-gru": TorchGRU(2, 5), "mingru": MinGRU(2, 5)}


def x() -> Any:
    """A batch whose padding would be noticed."""
    torch.manual_seed(1)
    inputs = torch.randn(6, 4, 2)
    for row, length in enumerate(LENGTHS.tolist()):
        inputs[length:, row] = 1e3
    return inputs


def alone(inputs: Any, row: int) -> Any:
    return inputs[: LENGTHS[row], row : row + 1]


@pytest.mark.parametrize("name", layers())
def test_states_are_those_at_each_sequences_own_end(name: str) -> None:
    layer, inputs = layers()[name], x()
    outputs, states = run_to_ends(layer, inputs, layer.initial(4), LENGTHS)
    for row, length in enumerate(LENGTHS.tolist()):
        expected, ended = layer(alone(inputs, row), layer.initial(1))
        torch.testing.assert_close(outputs[:length, row : row + 1], expected)
        assert not outputs[length:, row].any()
        for state, end in zip(states, ended, strict=True):
            torch.testing.assert_close(state[row : row + 1], end)


def test_a_sequence_is_reversed_within_its_length() -> None:
    inputs = torch.arange(12.0).view(3, 4, 1)
    assert reverse(inputs, torch.tensor([3, 2, 1, 3]))[:, :, 0].tolist() == [[8, 5, 2, 11], [4, 1, 6, 7], [0, 9, 10, 3]]
    assert torch.equal(reverse(inputs, None), inputs.flip(0))


@pytest.mark.parametrize("name", layers())
def test_both_directions_read_each_sequence_as_if_it_were_alone(name: str) -> None:
    ahead, back, inputs = layers(0)[name], layers(1)[name], x()
    both = Bidirectional(ahead, back)
    assert both.output_size == 10
    outputs, _ = both(inputs, both.initial(4), LENGTHS)
    summary = both.summary(outputs, LENGTHS)
    for row, length in enumerate(LENGTHS.tolist()):
        one = alone(inputs, row)
        forwards, _ = ahead(one, ahead.initial(1))
        backwards = back(one.flip(0), back.initial(1))[0].flip(0)
        torch.testing.assert_close(outputs[:length, row], torch.cat([forwards, backwards], dim=2)[:, 0])
        torch.testing.assert_close(summary[row], torch.cat([forwards[-1], backwards[0]], dim=1)[0])


def test_a_stack_of_both_directions_knows_the_lengths_in_every_layer() -> None:
    torch.manual_seed(0)
    made = [Bidirectional(*(Recurrence(Elman(size, 3)) for _ in range(2))) for size in (2, 6)]
    stack, inputs = Stack(made), x()
    outputs, _ = stack(inputs, lengths=LENGTHS)
    for row, length in enumerate(LENGTHS.tolist()):
        expected, _ = stack(alone(inputs, row))
        torch.testing.assert_close(outputs[:length, row : row + 1], expected)
        torch.testing.assert_close(stack.summary(outputs, LENGTHS)[row : row + 1], stack.summary(expected, None))
