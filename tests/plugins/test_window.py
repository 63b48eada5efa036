"""The window: what it sees of its past, and that it is a feed-forward network of just that."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from harness.modeling.recurrence import Recurrence
from harness_scratch.window import Window

SIZES = (1, 2, 5)


def window(size: int, input_size: int = 3, hidden_size: int = 4) -> Recurrence:
    torch.manual_seed(size)
    layer = Recurrence(Window(input_size, hidden_size, size)).double()
    torch.nn.init.normal_(layer.cell.hidden.bias)  # it starts at zero, which would hide a forgotten one
    return layer


def inputs(time: int, input_size: int = 3) -> torch.Tensor:
    return torch.randn(time, 2, input_size, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("size", SIZES)
def test_it_is_one_product_with_the_last_inputs_and_zeros_before_the_first(size: int) -> None:
    layer, x = window(size), inputs(7)
    outputs, _ = layer(x, layer.initial(2))
    weight, bias = (p.detach().numpy() for p in layer.cell.hidden.parameters())
    padded = np.concatenate([np.zeros((size - 1, 2, 3)), x.detach().numpy()])
    for t, output in enumerate(outputs.detach().numpy()):
        seen = np.concatenate(list(padded[t : t + size]), axis=1)  # the oldest first
        np.testing.assert_allclose(output, np.tanh(seen @ weight.T + bias), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("size", SIZES)
def test_a_change_is_seen_for_as_many_steps_as_its_size_and_then_never_again(size: int) -> None:
    layer, x = window(size), inputs(12).detach()
    changed = x.clone()
    changed[3] += 1
    outputs, others = layer(x, layer.initial(2))[0], layer(changed, layer.initial(2))[0]
    differ = [t for t in range(12) if not torch.equal(outputs[t], others[t])]
    assert differ == list(range(3, 3 + size))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("layers", [1, 3])
def test_a_stack_sees_as_many_inputs_as_documented(size: int, layers: int) -> None:
    x = inputs(15)
    h = x
    for _ in range(layers):
        layer = window(size, hidden_size=3)
        h, _ = layer(h, layer.initial(2))
    (gradient,) = torch.autograd.grad(h[-1].sum(), x)
    seen = [t for t in range(15) if gradient[t].any()]
    assert seen == list(range(15 - (layers * (size - 1) + 1), 15))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("cuts", [(3, 6), (1, 1, 7), (8, 1)])  # chunks shorter and longer than the window
def test_chunks_with_the_carried_state_equal_the_whole(size: int, cuts: tuple[int, ...]) -> None:
    layer, x = window(size), inputs(9)
    whole, last = layer(x, layer.initial(2))
    states, outputs = layer.initial(2), []
    for chunk in x.split(cuts):
        h, states = layer(chunk, states)
        outputs.append(h)
    torch.testing.assert_close((torch.cat(outputs), *states), (whole, *last), rtol=0, atol=1e-14)


def test_only_the_inputs_are_carried() -> None:
    h, past = Window(3, 7, size=4).initial(2)
    assert (h.shape, past.shape) == ((2, 7), (2, 9))
    layer = window(4)
    carried = layer(inputs(5), layer.initial(2))[1][1]
    x = inputs(1)
    afresh, _ = layer(x, (torch.full((2, 4), 9.0, dtype=torch.float64), carried))  # another h changes nothing
    again, _ = layer(x, (torch.zeros(2, 4, dtype=torch.float64), carried))
    assert torch.equal(afresh, again)
    assert not layer.recurrent_matrices()
