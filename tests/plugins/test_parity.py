"""A cell written from its equations and its fused counterpart in torch.nn compute the same, forwards and backwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from harness.modeling.recurrence import Recurrence
from harness_scratch.elman import Elman
from harness_scratch.gru import GRU
from harness_scratch.lstm import LSTM
from harness_torch.layers import TorchGRU, TorchLSTM, TorchRNN

if TYPE_CHECKING:
    from torch import Tensor

    from harness import Cell, Layer, States

SHAPES = [  # time, batch, input_size, hidden_size
    (1, 1, 1, 1),
    (1, 3, 2, 5),
    (7, 1, 3, 2),
    (13, 5, 1, 7),
    (9, 4, 6, 3),
]
PAIRS = {
    "elman": (Elman, {}, TorchRNN, {}),
    "elman relu": (Elman, {"activation": "relu"}, TorchRNN, {"activation": "relu"}),
    "gru after": (GRU, {"reset": "after"}, TorchGRU, {}),
    "lstm": (LSTM, {}, TorchLSTM, {}),
}


def as_scratch(cell: Cell, ih: Tensor, hh: Tensor, b_ih: Tensor, b_hh: Tensor, bias: Tensor) -> dict[str, Tensor]:
    """Tensors of torch.nn (weights, or their gradients) as the cell has them: its names, its matrices transposed."""
    ih, hh = ih.t(), hh.t()
    if isinstance(cell, GRU):
        n = 2 * cell.hidden_size  # torch.nn's order of rows is r, z, n
        gates = {"gates.input": ih[:, :n], "gates.recurrent": hh[:, :n], "gates.bias": bias[:n]}
        candidate = {"candidate.input": ih[:, n:], "candidate.recurrent": hh[:, n:], "candidate.bias": b_ih[n:]}
        return {**gates, **candidate, "reset_bias": b_hh[n:]}
    name = "gates" if isinstance(cell, LSTM) else "hidden"
    return {f"{name}.input": ih, f"{name}.recurrent": hh, f"{name}.bias": bias}


def run(layer: Layer, x: Tensor, states: States, weighting: int) -> list[Tensor]:
    """Outputs, final states and the gradients with respect to inputs and initial states, all parameters' left in it."""
    x = x.clone().requires_grad_()
    states = tuple(state.clone().requires_grad_() for state in states)
    outputs, final = layer(x, states)
    generator = torch.Generator().manual_seed(weighting)
    weights = [torch.randn(t.shape, generator=generator, dtype=t.dtype) for t in (outputs, *final)]
    loss = sum((weight * t).sum() for weight, t in zip(weights, (outputs, *final), strict=True))
    loss.backward()
    return [outputs, *final, x.grad, *(state.grad for state in states)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("pair", PAIRS)
def test_a_cell_and_its_fused_counterpart_agree_in_all_values_and_gradients(
    pair: str, shape: tuple[int, int, int, int]
) -> None:
    time, batch, input_size, hidden_size = shape
    scratch, scratch_options, fused, fused_options = PAIRS[pair]
    torch.manual_seed(sum(shape))
    cell = scratch(input_size, hidden_size, **scratch_options).double()
    layer = fused(input_size, hidden_size, **fused_options).double()
    ih, hh, b_ih, b_hh = layer.network.all_weights[0]
    cell.load_state_dict(as_scratch(cell, *(p.detach() for p in (ih, hh, b_ih, b_hh, b_ih + b_hh))))
    x = torch.randn(time, batch, input_size, dtype=torch.float64)
    states = tuple(torch.randn(batch, hidden_size, dtype=torch.float64) for _ in layer.initial(batch))

    ours = run(Recurrence(cell), x, states, weighting=1)
    theirs = run(layer, x, states, weighting=1)

    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-10)
    gradients = {name: parameter.grad for name, parameter in cell.named_parameters()}
    expected = as_scratch(cell, ih.grad, hh.grad, b_ih.grad, b_hh.grad, b_ih.grad)
    torch.testing.assert_close(gradients, expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("pair", PAIRS)
def test_both_start_from_zero_states_of_the_same_shapes(pair: str) -> None:
    scratch, scratch_options, fused, fused_options = PAIRS[pair]
    ours = Recurrence(scratch(3, 4, **scratch_options)).double().initial(5)
    theirs = fused(3, 4, **fused_options).double().initial(5)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=0)
    assert not any(state.any() for state in ours)
