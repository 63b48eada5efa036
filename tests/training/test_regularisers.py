"""Pascanu's Ω against its formula, evaluated slowly: the whole Jacobian of each step of each sequence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
import torch
from torch.autograd.functional import jacobian

from harness import Cell, Classes, HarnessError, Real
from harness.data.batch import Batch
from harness.modeling.assembly import Architecture, build
from harness.modeling.tensors import Tensors
from harness.registry import chosen
from harness.training.regularisers import REGULARISERS
from harness.training.scoring import mean_loss
from harness_scratch.elman import Elman
from harness_scratch.gru import GRU
from harness_scratch.jordan import Jordan
from harness_scratch.lstm import LSTM
from harness_scratch.mingru import MinGRU
from harness_scratch.minlstm import MinLSTM
from harness_scratch.simple_gru import SimpleGRU
from harness_scratch.window import Window

if TYPE_CHECKING:
    from torch import Tensor

    from harness import Layer, States
    from harness.modeling.cell import CellClass
    from harness.modeling.encoding import Topology
    from harness.modeling.model import Model

TIME, ROWS, WIDTH = 4, 3, 2

CELLS: dict[str, tuple[CellClass, dict[str, Any]]] = {
    "elman": (Elman, {}),
    "elman relu": (Elman, {"activation": "relu"}),
    "elman sigmoid": (Elman, {"activation": "sigmoid"}),
    "jordan": (Jordan, {}),
    "gru before": (GRU, {}),
    "gru after": (GRU, {"reset": "after"}),
    "lstm": (LSTM, {}),
    "lstm peephole": (LSTM, {"peephole": True}),
    "lstm coupled": (LSTM, {"coupled": True}),
    "lstm 1997": (LSTM, {"forget": False}),
    "lstm coupled peephole": (LSTM, {"coupled": True, "peephole": True}),
    "simple-gru": (SimpleGRU, {}),
    "window": (Window, {"size": 3}),
    "mingru": (MinGRU, {}),
    "minlstm": (MinLSTM, {}),
}


def model_of(case: str, topology: Topology, layers: int = 1) -> Model:
    cell, options = CELLS[case]
    shape = Architecture(Real(WIDTH), Classes(3), topology, layers)
    model = cast("Model", build(cell, options, shape, 4, seed=1).double())
    torch.manual_seed(2)
    with torch.no_grad():
        for parameter in model.parameters():  # zero biases and peepholes would hide mistakes
            parameter.add_(0.3 * torch.randn_like(parameter))
    return model


def batch_of(topology: Topology, lengths: list[int] | None = None) -> Tensors:
    rng = np.random.default_rng(3)
    shape = (ROWS,) if topology == "many to one" else (TIME, ROWS)
    known = None if lengths is None else np.array(lengths)
    inputs = rng.normal(size=(TIME, ROWS, WIDTH))
    return Tensors(Batch(inputs, rng.integers(3, size=shape), known), torch.device("cpu"))


def by_formula(model: Model, batch: Tensors, topology: Topology, form: str) -> Tensor:
    """Σ over layers of Ω, through which gradients flow to the weights in the Jacobians only."""
    x, done = batch.inputs, []
    for layer in model.stack:
        states, outputs = layer.initial(ROWS), []
        for x_t in x:
            before, (_, after) = states, layer(x_t[None], states)
            states = tuple(state.clone().requires_grad_() for state in after)  # each its own: h is no function of c
            done.append((layer, x_t.detach(), before, states))
            outputs.append(states[0])
        x = torch.stack(outputs)
    if topology == "many to one":
        ends = torch.full((ROWS,), TIME) if batch.lengths is None else batch.lengths
        x = torch.stack([x[end - 1, row] for row, end in enumerate(ends.tolist())])
    loss = mean_loss(model.readout(x), batch, topology)
    terms: dict[Layer, list[Tensor]] = {layer: [] for layer in model.stack}
    for layer, x_t, before, after in done:
        errors = torch.autograd.grad(loss, after, retain_graph=True, allow_unused=True, materialize_grads=True)
        for row in range(ROWS):
            e = torch.cat([error[row] for error in errors])
            if e.square().sum() >= 1e-20:
                went = (e @ step_jacobian(layer, x_t[row], [state[row] for state in before])).norm()
                ratio = went / e.norm() if form == "paper" else (went / e.norm()) ** 2
                terms[layer].append((ratio - 1) ** 2)
    if form == "paper":
        return torch.stack([term for of_layer in terms.values() for term in of_layer]).sum() / ROWS
    return torch.stack([torch.stack(of_layer).mean() for of_layer in terms.values()]).sum()


def step_jacobian(layer: Layer, x: Tensor, before: list[Tensor]) -> Tensor:
    widths = [len(state) for state in before]

    def step(joined: Tensor) -> Tensor:
        states: States = tuple(state[None] for state in torch.split(joined, widths))
        return torch.cat([state[0] for state in layer(x[None, None], states)[1]])

    return jacobian(step, torch.cat(before).detach(), create_graph=True)  # type: ignore[no-any-return,no-untyped-call]


def gradients(model: Model, batch: Tensors, topology: Topology, regulariser: str) -> list[Tensor]:
    chosen_one = chosen("regulariser", regulariser, REGULARISERS)
    model.zero_grad()
    with chosen_one.watch(model) as watched:
        outputs, _ = model(batch)
    chosen_one.backward(mean_loss(outputs, batch, topology), watched)
    return [torch.zeros_like(p) if p.grad is None else p.grad.clone() for p in model.parameters()]


def check(model: Model, batch: Tensors, topology: Topology, form: str, alpha: float = 2.0) -> None:
    """The gradient is that of the loss, untouched, and alpha times that of Ω."""
    plain = gradients(model, batch, topology, "none")
    both = gradients(model, batch, topology, f"pascanu:alpha={alpha}:form={form}")
    omega = by_formula(model, batch, topology, form)
    parameters = list(model.parameters())
    expected = torch.autograd.grad(omega, parameters, allow_unused=True, materialize_grads=True)
    assert any(bool(part.any()) for part in expected)
    for one, other, ours in zip(plain, expected, both, strict=True):
        torch.testing.assert_close(ours, one + alpha * other, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("form", ["paper", "code"])
@pytest.mark.parametrize("case", [*CELLS])
def test_the_gradient_of_omega_is_that_of_its_formula(case: str, form: str) -> None:
    check(model_of(case, "many to many"), batch_of("many to many"), "many to many", form)


@pytest.mark.parametrize("form", ["paper", "code"])
@pytest.mark.parametrize("case", ["elman", "lstm", "jordan", "mingru"])
def test_steps_behind_a_sequences_end_do_not_count(case: str, form: str) -> None:
    check(model_of(case, "many to one"), batch_of("many to one", [4, 1, 2]), "many to one", form)


@pytest.mark.parametrize("case", ["gru before", "jordan"])
def test_every_layer_of_a_stack_has_its_own_omega(case: str) -> None:
    check(model_of(case, "many to many", layers=2), batch_of("many to many"), "many to many", "paper", alpha=0.25)


class Straight(Cell):
    """h' = g(w h + x): every number can be worked out by hand."""

    def __init__(self, input_size: int, hidden_size: int, *, relu: bool = False) -> None:
        super().__init__(input_size, hidden_size)
        self.w = torch.nn.Parameter(torch.tensor([0.5]))
        self.relu = relu

    def step(self, x: Tensor, h: Tensor) -> Tensor:
        a = self.w * h + x
        return torch.relu(a) if self.relu else a


def by_hand(x: list[float], target: float, regulariser: str, *, relu: bool = False) -> tuple[float, float]:
    """∂E/∂w of the squared error of the last state, without and with Ω."""
    shape = Architecture(Real(1), Real(1), "many to one")
    model = cast("Model", build(Straight, {"relu": relu}, shape, 1, seed=0))
    model.load_state_dict(model.state_dict() | {"readout.weight": torch.ones(1, 1)})
    inputs = np.array(x, dtype=np.float32)[:, None, None]
    batch = Tensors(Batch(inputs, np.array([[target]], dtype=np.float32)), torch.device("cpu"))
    plain = gradients(model, batch, "many to one", "none")[0].item()
    return plain, gradients(model, batch, "many to one", regulariser)[0].item()


@pytest.mark.parametrize(
    ("regulariser", "of_omega"),
    [
        ("pascanu:alpha=1", -3.0),  # Ω = 3 (|w| - 1)²: 3 · 2 (0.5 - 1)
        ("pascanu", -6.0),  # alpha is 2
        ("pascanu:alpha=1:form=code", -1.5),  # the mean of (w² - 1)²: 2 (0.25 - 1) · 2 · 0.5
    ],
)
def test_omega_of_a_straight_line_by_hand(regulariser: str, of_omega: float) -> None:
    # states 1, 2.5, 4.25; E = (4.25 - 4)², ∂E/∂w = 2 · 0.25 · (2.5 + 0.5 · 1)
    plain, both = by_hand([1.0, 2.0, 3.0], 4.0, regulariser)
    assert plain == pytest.approx(1.5)
    assert both == pytest.approx(1.5 + of_omega)


@pytest.mark.parametrize("form", ["paper", "code"])
def test_a_step_that_passes_no_error_on_leaves_no_nan(form: str) -> None:
    plain, both = by_hand([1.0, -9.0], 1.0, f"pascanu:form={form}", relu=True)  # the unit is dead at the end
    assert (plain, both) == (0.0, 0.0)


@pytest.mark.parametrize("form", ["paper", "code"])
def test_without_any_error_there_is_nothing_to_regularise(form: str) -> None:
    plain, both = by_hand([1.0, 2.0, 3.0], 4.25, f"pascanu:form={form}")
    assert (plain, both) == (0.0, 0.0)


def test_after_training_with_omega_nothing_is_watched() -> None:
    model = model_of("gru before", "many to one")
    gradients(model, batch_of("many to one"), "many to one", "pascanu")
    assert "forward" not in model.stack.top.__dict__


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("pascanu:alpha=0", 'regulariser "pascanu": alpha=0 cannot be used: it should be greater than 0.'),
        ("pascanu:form=book", "it should be 'paper' or 'code'"),
        ("pascan", 'there is no regulariser "pascan". Did you mean "pascanu"? Choose one of: none, pascanu.'),
    ],
)
def test_what_cannot_be_is_told(name: str, told: str) -> None:
    with pytest.raises(HarnessError) as error:
        chosen("regulariser", name, REGULARISERS)
    assert told in str(error.value)
