"""The minimal layers: their parallel scan against the loop of their equations and the paper's scan of logarithms."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import pad, softplus

from harness_scratch.mingru import MinGRU
from harness_scratch.minlstm import MinLSTM
from harness_scratch.scan import scan

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from harness_scratch.minimal import Minimal

LN3 = math.log(3)  # the logistic function gives 3/4 at ln 3 and 1/4 at -ln 3
LAYERS = {"mingru": MinGRU, "minlstm": MinLSTM}
SHAPES = {  # time, batch, input_size, hidden_size; no time is too short, and none has to be a power of two
    "time": st.one_of(st.integers(1, 9), st.sampled_from([15, 16, 17, 31, 33, 50])),
    "batch": st.integers(1, 3),
    "input_size": st.integers(1, 4),
    "hidden_size": st.integers(1, 4),
}
every = pytest.mark.parametrize("name", LAYERS)


def g(a: Tensor) -> Tensor:
    return torch.where(a >= 0, a + 0.5, torch.sigmoid(a))


def loop(layer: Minimal, x: Tensor, h: Tensor) -> Tensor:
    """The equations, a step at a time."""
    outputs = []
    for x_t in x:
        if isinstance(layer, MinGRU):
            z = torch.sigmoid(layer.linear_z(x_t))
            h = (1 - z) * h + z * g(layer.linear_h(x_t))
        else:
            f, i = torch.sigmoid(layer.linear_f(x_t)), torch.sigmoid(layer.linear_i(x_t))
            h = f / (f + i) * h + i / (f + i) * g(layer.linear_h(x_t))
        outputs.append(h)
    return torch.stack(outputs)


def log_g(a: Tensor) -> Tensor:
    return torch.where(a >= 0, (a.relu() + 0.5).log(), -softplus(-a))


def logit_of_what_is_written(layer: Minimal, x: Tensor) -> Tensor:
    if isinstance(layer, MinGRU):
        return layer.linear_z(x)
    return softplus(-layer.linear_f(x)) - softplus(-layer.linear_i(x))


def of_logarithms(layer: Minimal, x: Tensor, before: Tensor) -> Tensor:
    """The scan of the paper's appendix (arXiv:2410.01201); the state before the first step goes through g, too."""
    k = logit_of_what_is_written(layer, x)
    log_a = pad(torch.cumsum(-softplus(k), dim=0), (0, 0, 0, 0, 1, 0))
    log_b = torch.cat([log_g(before)[None], -softplus(-k) + log_g(layer.linear_h(x))])
    return (log_a + torch.logcumsumexp(log_b - log_a, dim=0)).exp()[1:]


def parallel(layer: Minimal, x: Tensor, h: Tensor) -> Tensor:
    outputs, (last,) = layer(x, (h,))
    assert torch.equal(outputs[-1], last)
    return outputs


def layer_and_inputs(name: str, time: int, batch: int, input_size: int, hidden_size: int) -> tuple[Minimal, Tensor]:
    torch.manual_seed(1000 * time + 100 * batch + 10 * input_size + hidden_size)
    layer = LAYERS[name](input_size, hidden_size).double()
    with torch.no_grad():
        for parameter in layer.parameters():  # biases start at zero, which would hide a forgotten one
            parameter.add_(torch.randn_like(parameter))
    return layer, torch.randn(time, batch, input_size, dtype=torch.float64, requires_grad=True)


def everything(run: Callable[..., Tensor], layer: Minimal, x: Tensor, h: Tensor) -> list[Tensor]:
    """The states, and the gradients of a sum of all of them, at random weights, by everything that goes in."""
    outputs = run(layer, x, h)
    weighting = torch.randn(outputs.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    return [outputs, *torch.autograd.grad((weighting * outputs).sum(), (x, h, *layer.parameters()))]


@every
@given(**SHAPES)
@settings(max_examples=60)
def test_the_scan_is_the_loop_in_all_values_and_gradients(name: str, **shape: int) -> None:
    layer, x = layer_and_inputs(name, **shape)
    h = torch.randn(shape["batch"], shape["hidden_size"], dtype=torch.float64, requires_grad=True)  # negative, too
    ours, expected = everything(parallel, layer, x, h), everything(loop, layer, x, h)
    torch.testing.assert_close(ours, expected, rtol=1e-10, atol=1e-10)


@every
@given(**SHAPES)
@settings(max_examples=40)
def test_the_scan_is_that_of_the_paper_in_all_values_and_gradients(name: str, **shape: int) -> None:
    layer, x = layer_and_inputs(name, **shape)
    before = torch.randn(shape["batch"], shape["hidden_size"], dtype=torch.float64, requires_grad=True)
    ours = everything(lambda layer, x, before: parallel(layer, x, g(before)), layer, x, before)
    torch.testing.assert_close(ours, everything(of_logarithms, layer, x, before), rtol=1e-10, atol=1e-10)


@every
def test_it_starts_where_the_scan_of_the_paper_starts_from_zero(name: str) -> None:
    layer, x = layer_and_inputs(name, time=5, batch=2, input_size=3, hidden_size=4)
    (h,) = layer.initial(2)
    assert torch.equal(h, torch.full((2, 4), 0.5, dtype=torch.float64))
    outputs, _ = layer(x, (h,))
    torch.testing.assert_close(outputs, of_logarithms(layer, x, torch.zeros_like(h)))
    assert (outputs > 0).all()


@every
@given(cuts=st.lists(st.integers(1, 12), min_size=1, max_size=5))
@settings(max_examples=30)
def test_chunks_with_the_carried_state_equal_the_whole(name: str, cuts: list[int]) -> None:
    layer, x = layer_and_inputs(name, sum(cuts), batch=2, input_size=3, hidden_size=4)

    def in_chunks(layer: Minimal, x: Tensor, h: Tensor) -> Tensor:
        outputs = []
        for chunk in x.split(cuts):
            part, (h,) = layer(chunk, (h,))
            outputs.append(part)
        return torch.cat(outputs)

    (h,) = layer.initial(2)
    h.requires_grad_()
    whole = everything(parallel, layer, x, h)
    torch.testing.assert_close(everything(in_chunks, layer, x, h), whole, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("time", [1, 2, 5])
def test_the_gradient_of_the_scan_and_the_gradient_of_that_are_right(time: int) -> None:
    torch.manual_seed(time)
    a, b = (torch.randn(time, 2, 2, dtype=torch.float64, requires_grad=True) for _ in range(2))
    h = torch.randn(2, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(scan, (a, b, h))
    assert torch.autograd.gradgradcheck(scan, (a, b, h))


def test_the_scan_leaves_its_operands_alone() -> None:
    a, b, h = torch.full((3, 1, 1), 2.0), torch.tensor([1.0, 0.0, -1.0]).view(3, 1, 1), torch.ones(1, 1)
    assert scan(a, b, h).flatten().tolist() == [3, 6, 11]  # 2 · 1 + 1, 2 · 3 + 0, 2 · 6 - 1
    assert a.flatten().tolist() == [2, 2, 2]
    assert b.flatten().tolist() == [1, 0, -1]
    assert h.item() == 1


def set_biases(layer: Minimal, **biases: float) -> Minimal:
    """Only biases: the others become zero."""
    for name, parameter in layer.named_parameters():
        torch.nn.init.constant_(parameter, biases.get(name.removesuffix(".bias"), 0))
    return layer


@pytest.mark.parametrize(
    "layer",
    [
        set_biases(MinGRU(1, 1), linear_z=LN3, linear_h=1.0),
        set_biases(MinLSTM(1, 1), linear_f=-LN3, linear_i=LN3, linear_h=1.0),  # 1/4 and 3/4, which are one together
        set_biases(MinLSTM(1, 1), linear_f=-200 - LN3, linear_i=-200.0, linear_h=1.0),  # so closed that f + i is 0
    ],
    ids=["mingru", "minlstm", "minlstm with closed gates"],
)
def test_two_steps_by_hand(layer: Minimal) -> None:
    outputs, _ = layer(torch.zeros(2, 1, 1), layer.initial(1))
    expected = torch.tensor([1.25, 1.4375])  # 1/4 · 1/2 + 3/4 · 3/2, then 1/4 · 5/4 + 3/4 · 3/2
    torch.testing.assert_close(outputs.flatten(), expected, rtol=0, atol=1e-4)


def test_candidates_stay_positive() -> None:
    layer = set_biases(MinGRU(1, 1), linear_z=0.0, linear_h=-LN3)
    outputs, _ = layer(torch.zeros(1, 1, 1), layer.initial(1))
    assert outputs.item() == pytest.approx(0.375)  # half of 1/2 and of sigmoid(-ln 3)


@every
def test_thousands_of_steps_lose_nothing_in_single_precision(name: str) -> None:
    layer, x = layer_and_inputs(name, time=3000, batch=1, input_size=2, hidden_size=3)
    (h,) = layer.initial(1)
    with torch.no_grad():
        exact = loop(layer, x, h)
        single = layer.float()(x.float(), (h.float(),))[0].double()
    torch.testing.assert_close(single, exact, rtol=3e-6, atol=0)
