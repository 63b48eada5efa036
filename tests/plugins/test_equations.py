"""The scratch cells against an independent implementation in numpy, and against numbers worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from harness import HarnessError
from harness.modeling.recurrence import Recurrence
from harness_scratch.elman import Elman
from harness_scratch.gru import GRU
from harness_scratch.jordan import Jordan
from harness_scratch.lstm import LSTM
from harness_scratch.simple_gru import SimpleGRU

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from harness import Cell

Array = NDArray[np.float64]
Weights = dict[str, Array]
Activation = Callable[[Array], Array]

LN3 = math.log(3)  # the logistic function gives 3/4 at ln 3 and 1/4 at -ln 3


def sigmoid(a: Array) -> Array:
    return 1 / (1 + np.exp(-a))


def softmax(z: Array) -> Array:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def weights(module: nn.Module) -> Weights:
    return {name: parameter.detach().numpy() for name, parameter in module.named_parameters()}


def set_weights(module: nn.Module, **values: Any) -> Cell:
    """Set parameters by name, with __ for the dot; the others become zero."""
    tensors = {name: torch.zeros_like(parameter) for name, parameter in module.named_parameters()}
    tensors |= {name.replace("__", "."): torch.tensor(value, dtype=torch.float64) for name, value in values.items()}
    module.double().load_state_dict(tensors)
    return module


def numbers(*values: float) -> Tensor:
    return torch.tensor([values], dtype=torch.float64)


def elman(p: Weights, x: Array, h: Array, g: Activation) -> Iterator[Array]:
    for x_t in x:
        h = g(x_t @ p["hidden.input"] + h @ p["hidden.recurrent"] + p["hidden.bias"])
        yield h


def gru(p: Weights, x: Array, h: Array, reset: str) -> Iterator[Array]:
    size = h.shape[1]
    for x_t in x:
        a = x_t @ p["gates.input"] + h @ p["gates.recurrent"] + p["gates.bias"]
        r, z = sigmoid(a[:, :size]), sigmoid(a[:, size:])
        w, u, b = p["candidate.input"], p["candidate.recurrent"], p["candidate.bias"]
        inner = (r * h) @ u if reset == "before" else r * (h @ u + p["reset_bias"])
        h = z * h + (1 - z) * np.tanh(x_t @ w + b + inner)
        yield h


def simple_gru(p: Weights, x: Array, h: Array) -> Iterator[Array]:
    for x_t in x:
        u, n = np.split(x_t @ p["gates.input"] + h @ p["gates.recurrent"] + p["gates.bias"], 2, axis=1)
        h = sigmoid(u) * np.tanh(n) + (1 - sigmoid(u)) * h
        yield h


def lstm(p: Weights, x: Array, h: Array, c: Array, parts: str) -> Iterator[Array]:
    for x_t in x:
        joined = x_t @ p["gates.input"] + h @ p["gates.recurrent"] + p["gates.bias"]
        a = dict(zip(parts, np.split(joined, len(parts), axis=1), strict=True))
        looks = {part: p.get(f"peepholes.{part}", np.zeros(h.shape[1])) for part in "ifo"}
        f = sigmoid(a["f"] + looks["f"] * c) if "f" in parts else np.ones_like(c)
        i = sigmoid(a["i"] + looks["i"] * c) if "i" in parts else 1 - f
        c = f * c + i * np.tanh(a["g"])
        h = sigmoid(a["o"] + looks["o"] * c) * np.tanh(c)
        yield h


def jordan(p: Weights, x: Array, _z: Array, y: Array, g2: Activation) -> Iterator[Array]:
    for x_t in x:
        h = np.tanh(x_t @ p["input.weight"].T + p["input.bias"] + y @ p["feedback.weight"].T)
        z = h @ p["output.weight"].T + p["output.bias"]
        y = g2(z)
        yield z


CASES = {
    "elman sigmoid": (lambda: Elman(3, 4, activation="sigmoid"), lambda *a: elman(*a, sigmoid)),
    "irnn": (
        lambda: Elman(3, 4, activation="relu", init="identity"),
        lambda *a: elman(*a, lambda v: np.maximum(v, 0)),
    ),
    "gru before": (lambda: GRU(3, 4), lambda *a: gru(*a, "before")),
    "gru after": (lambda: GRU(3, 4, reset="after"), lambda *a: gru(*a, "after")),
    "simple-gru": (lambda: SimpleGRU(3, 4), simple_gru),
    "lstm": (lambda: LSTM(3, 4), lambda *a: lstm(*a, "ifgo")),
    "lstm peephole": (lambda: LSTM(3, 4, peephole=True), lambda *a: lstm(*a, "ifgo")),
    "lstm coupled": (lambda: LSTM(3, 4, coupled=True), lambda *a: lstm(*a, "fgo")),
    "lstm coupled peephole": (lambda: LSTM(3, 4, coupled=True, peephole=True), lambda *a: lstm(*a, "fgo")),
    "lstm of 1997": (lambda: LSTM(3, 4, forget=False), lambda *a: lstm(*a, "igo")),
    "lstm of 1997 peephole": (lambda: LSTM(3, 4, forget=False, peephole=True), lambda *a: lstm(*a, "igo")),
    "jordan classes": (lambda: Jordan(3, 5, 4, nn.Softmax(dim=-1)), lambda *a: jordan(*a, softmax)),
    "jordan real": (lambda: Jordan(3, 5, 4, nn.Identity()), lambda *a: jordan(*a, lambda z: z)),
}


@pytest.mark.parametrize("case", CASES)
def test_a_cell_computes_what_numpy_computes(case: str) -> None:
    make, reference = CASES[case]
    torch.manual_seed(5)
    layer = Recurrence(make()).double()
    x = torch.randn(6, 2, 3, dtype=torch.float64)
    with torch.no_grad():
        for parameter in layer.parameters():  # biases start at zero, which would hide a forgotten one
            parameter.add_(0.1 * torch.randn_like(parameter))
    states = tuple(torch.rand_like(state) for state in layer.initial(2))
    outputs, _ = layer(x, states)
    expected = np.stack(list(reference(weights(layer.cell), x.numpy(), *(state.numpy() for state in states))))
    np.testing.assert_allclose(outputs.detach().numpy(), expected, rtol=1e-13, atol=1e-14)


def test_elman_by_hand() -> None:
    cell = set_weights(Elman(1, 1), hidden__input=[[2.0]], hidden__recurrent=[[-1.0]], hidden__bias=[0.5])
    h = cell.step(numbers(1.0), numbers(0.5))  # tanh(2 - 0.5 + 0.5) = tanh(2)
    torch.testing.assert_close(h, numbers(0.9640275800758169))


def test_gru_resets_before_or_after_the_recurrent_product() -> None:
    gates = {"gates__bias": [LN3, -LN3, 0.0, 0.0], "candidate__recurrent": [[0.0, 1.0], [1.0, 0.0]]}
    h = numbers(1.0, 2.0)  # r = (3/4, 1/4), z = 1/2, and U swaps the two
    before = set_weights(GRU(1, 2, reset="before"), **gates).step(numbers(0.0), h)
    after = set_weights(GRU(1, 2, reset="after"), **gates, reset_bias=[0.0, 1.0]).step(numbers(0.0), h)
    # before: tanh(1/2) and tanh(3/4); after: tanh(3/4 · 2) and tanh(1/4 · (1 + 1)); each averaged with h
    torch.testing.assert_close(before, numbers((1 + 0.46211715726) / 2, (2 + 0.63514895239) / 2), rtol=0, atol=1e-11)
    torch.testing.assert_close(after, numbers((1 + 0.90514825364) / 2, (2 + 0.46211715726) / 2), rtol=0, atol=1e-11)


def test_a_gru_keeps_its_state_where_z_is_one() -> None:
    cell = set_weights(GRU(1, 1), gates__bias=[0.0, 50.0], candidate__bias=[9.0])
    torch.testing.assert_close(cell.step(numbers(1.0), numbers(-0.3)), numbers(-0.3))


def test_simple_gru_by_hand() -> None:
    cell = set_weights(SimpleGRU(1, 1), gates__bias=[LN3, 0.0], gates__recurrent=[[0.0, 0.5]])
    h = cell.step(numbers(0.0), numbers(2.0))  # u = 3/4, and nothing resets what the candidate sees: tanh(1/2 · 2)
    torch.testing.assert_close(h, numbers(0.75 * 0.7615941559557649 + 0.25 * 2))


def test_jordan_feeds_back_its_output_after_the_activation() -> None:
    cell = set_weights(
        Jordan(1, 1, 2, nn.Softmax(dim=-1)),
        feedback__weight=[[1.0, -1.0]],
        output__weight=[[1.0], [0.0]],
        output__bias=[LN3, 0.0],
    )
    z, y = cell.step(numbers(0.0), *cell.initial(1))  # h = 0, so z = c
    torch.testing.assert_close((z, y), (numbers(LN3, 0.0), numbers(0.75, 0.25)))
    z, _ = cell.step(numbers(0.0), z, y)  # h = tanh(3/4 - 1/4)
    torch.testing.assert_close(z, numbers(LN3 + 0.46211715726, 0.0), rtol=0, atol=1e-11)


def test_jordans_states_are_as_wide_as_the_output() -> None:
    z, y = Jordan(3, 7, 2, nn.Identity()).initial(5)
    assert z.shape == y.shape == (5, 2)
    assert not z.any()
    assert not y.any()


def test_lstm_by_hand() -> None:
    cell = set_weights(LSTM(1, 1), gates__bias=[0.0, LN3, 1.0, -LN3])  # i = 1/2, f = 3/4, g = tanh(1), o = 1/4
    h, c = cell.step(numbers(0.0), numbers(0.0), numbers(2.0))
    torch.testing.assert_close(c, numbers(1.8807970779778823))  # 3/4 · 2 + 1/2 · 0.7615941559557649
    torch.testing.assert_close(h, numbers(math.tanh(1.8807970779778823) / 4))


def test_a_peephole_of_the_output_gate_sees_the_new_cell_state() -> None:
    cell = LSTM(1, 1, peephole=True)
    assert all(p.requires_grad and not p.any() for p in cell.peepholes.values())
    set_weights(cell, gates__bias=[-LN3, 0.0, 1.0, 0.0], peepholes__i=[LN3], peepholes__f=[LN3 / 2], peepholes__o=[LN3])
    h, c = cell.step(numbers(0.0), numbers(0.0), numbers(2.0))
    expected = 0.75 * 2 + 0.75 * 0.7615941559557649  # i = sigmoid(-ln 3 + ln 3 · 2) = f = sigmoid(ln 3 / 2 · 2) = 3/4
    torch.testing.assert_close(c, numbers(expected))
    o = 1 / (1 + 3**-expected)  # sigmoid(ln 3 · c'); with the old c it would be 9/10
    torch.testing.assert_close(h, numbers(o * math.tanh(expected)))


def test_a_coupled_lstm_writes_what_it_forgets() -> None:
    cell = set_weights(LSTM(1, 1, coupled=True), gates__bias=[LN3, 1.0, -LN3])  # f = 3/4, i = 1/4, g = tanh(1), o = 1/4
    h, c = cell.step(numbers(0.0), numbers(0.0), numbers(2.0))
    torch.testing.assert_close(c, numbers(1.6903985389889412))  # 3/4 · 2 + 1/4 · 0.7615941559557649
    torch.testing.assert_close(h, numbers(math.tanh(1.6903985389889412) / 4))


def test_an_lstm_without_forget_gate_only_adds() -> None:
    cell = set_weights(LSTM(1, 1, forget=False), gates__bias=[-LN3, 1.0, LN3])  # i = 1/4, g = tanh(1), o = 3/4
    h, c = cell.step(numbers(0.0), numbers(0.0), numbers(2.0))
    torch.testing.assert_close(c, numbers(2.1903985389889412))  # 2 + 1/4 · 0.7615941559557649
    torch.testing.assert_close(h, numbers(math.tanh(2.1903985389889412) * 0.75))


@pytest.mark.parametrize(("options", "gates"), [({}, 4), ({"coupled": True}, 3), ({"forget": False}, 3)])
def test_a_gate_that_is_not_there_has_no_weights(options: dict[str, bool], gates: int) -> None:
    plain, looking = LSTM(2, 5, **options), LSTM(2, 5, peephole=True, **options)
    assert sum(p.numel() for p in plain.parameters()) == gates * (2 * 5 + 5 * 5 + 5)
    assert sum(p.numel() for p in looking.peepholes.parameters()) == (gates - 1) * 5  # g looks at nothing
    assert len(plain.recurrent_matrices()) == gates


@pytest.mark.parametrize("options", [{"coupled": True}, {"forget_bias": 2.0}, {"forget_bias": 0.0, "peephole": True}])
def test_options_of_a_forget_gate_that_is_not_there_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(HarnessError, match=r"^lstm: .* and forget=false exclude each other, since .*: give one of"):
        LSTM(2, 3, forget=False, **options)


def test_an_irnn_without_input_keeps_what_is_not_negative() -> None:
    cell = Elman(2, 3, activation="relu", init="identity").double()
    states = (numbers(3.0, 0.5, 0.0),)
    outputs, _ = Recurrence(cell)(torch.zeros(100, 1, 2, dtype=torch.float64), states)
    assert torch.equal(outputs[-1], states[0])


def test_an_irnn_starts_with_input_weights_of_a_thousandth() -> None:
    torch.manual_seed(0)
    drawn = Elman(100, 200, activation="relu", init="identity").hidden.input
    assert drawn.std().item() == pytest.approx(0.001, rel=0.03)
    assert drawn.mean().item() == pytest.approx(0, abs=5e-5)


@pytest.mark.parametrize("forget_bias", [None, 0.0, 2.5])
def test_forget_bias_sets_the_bias_of_the_forget_gate_and_nothing_else(forget_bias: float | None) -> None:
    torch.manual_seed(3)
    cell = LSTM(2, 3) if forget_bias is None else LSTM(2, 3, forget_bias=forget_bias)
    torch.manual_seed(3)
    other = LSTM(2, 3, forget_bias=-7.0)
    coupled = LSTM(2, 3, -7.0, coupled=True).gates.bias.tolist()
    i, f, g, o = cell.gates.bias.chunk(4)
    i2, f2, g2, o2 = other.gates.bias.chunk(4)
    assert f.tolist() == [1.0 if forget_bias is None else forget_bias] * 3
    assert f2.tolist() == [-7.0] * 3
    assert coupled == [-7.0] * 3 + [0.0] * 6
    assert all(torch.equal(a, b) for a, b in ((i, i2), (g, g2), (o, o2)))
    assert torch.equal(cell.gates.input, other.gates.input)


def test_a_high_forget_bias_makes_the_cell_state_last() -> None:
    def kept(forget_bias: float | None) -> float:
        torch.manual_seed(0)
        layer = Recurrence(LSTM(1, 20, forget_bias=forget_bias))
        _, (_, c) = layer(torch.zeros(30, 1, 1), (torch.zeros(1, 20), torch.full((1, 20), 5.0)))
        return c.abs().mean().item()

    assert kept(8.0) > 3
    assert kept(0.0) < 1
