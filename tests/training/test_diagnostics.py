"""Diagnoses of models so small that every number can be worked out by hand."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
import torch

from harness import Real
from harness.data.batch import Batch
from harness.modeling.assembly import Architecture, build
from harness.modeling.tensors import Tensors
from harness.training.diagnostics import diagnose, spectral_radius
from harness.training.scoring import mean_loss
from harness_scratch.elman import Elman
from harness_scratch.gru import GRU
from harness_scratch.lstm import LSTM

if TYPE_CHECKING:
    from torch import Tensor

    from harness import Task
    from harness.modeling.cell import CellClass
    from harness.modeling.model import Model
    from harness.training.diagnostics import Diagnosis


class SquaredError:
    """Of a task, the loss."""

    def loss(self, outputs: Tensor, batch: Tensors) -> Tensor:
        return mean_loss(outputs, batch, "many to one")


def model_of(cell: CellClass, hidden: int, weights: dict[str, Any], *, layers: int = 1, **shape: Any) -> Model:
    """A model of one number in and one out, whose weights are zero but for these."""
    options = {"activation": "relu"} if cell is Elman else {}
    model = build(cell, options, Architecture(Real(1), Real(1), "many to one", layers, **shape), hidden, seed=0)
    own = {name: torch.zeros_like(parameter) for name, parameter in model.named_parameters()}
    model.load_state_dict(own | {name: torch.tensor(value) for name, value in weights.items()})
    return cast("Model", model)


def look(model: Model, inputs: list[list[float]], targets: list[float], lengths: list[int] | None = None) -> Diagnosis:
    """At inputs (time, batch) with one target a sequence."""
    x = np.array(inputs, dtype=np.float32)[:, :, None]
    known = None if lengths is None else np.array(lengths)
    batch = Tensors(Batch(x, np.array(targets, dtype=np.float32)[:, None], known), torch.device("cpu"))
    return diagnose(model, cast("Task", SquaredError()), batch, step=7)


ELMAN = "stack.layers.0.cell.hidden"
HALVING = {
    f"{ELMAN}.input": [[1.0]],
    f"{ELMAN}.recurrent": [[0.5]],
    "readout.weight": [[1.0]],
}


@pytest.mark.parametrize("w", [0.5, 1.0, 3.0])
def test_errors_of_a_straight_line_shrink_or_grow_geometrically(w: float) -> None:
    model = model_of(Elman, 1, {**HALVING, f"{ELMAN}.recurrent": [[w]]})
    diagnosis = look(model, [[1.0], [0.0], [0.0], [0.0]], [0.0])  # h = 1, w, w², w³ and E = h²
    assert diagnosis.step == 7
    assert diagnosis.gradients == {"stack.layers.0": pytest.approx([2 * w**3 * w ** (3 - t) for t in range(4)])}
    assert diagnosis.radii == {"stack.layers.0 hidden": pytest.approx(w)}


def test_the_norm_is_over_all_sequences_and_none_beyond_their_ends() -> None:
    # E is the mean of (3/2 - 0)² and, after one step, (1 - 3)²: ∂E/∂h = 3/2 and -2 at the ends
    model = model_of(Elman, 1, HALVING)
    diagnosis = look(model, [[1.0, 1.0], [1.0, 5.0]], [0.0, 3.0], lengths=[2, 1])
    assert diagnosis.gradients["stack.layers.0"] == pytest.approx([math.hypot(0.75, 2.0), 1.5])


def test_every_layer_and_direction_has_its_own_gradients_in_the_order_in_which_it_reads() -> None:
    def both(layer: int, columns: int) -> dict[str, Any]:
        return {
            f"stack.layers.{layer}.{way}.cell.hidden.{name}": value
            for way in ("ahead", "back")
            for name, value in (("input", [[1.0]] * columns), ("recurrent", [[0.5]]))
        }

    model = model_of(Elman, 1, both(0, 1) | {"readout.weight": [[1.0, 0.0]]}, bidirectional=True)
    diagnosis = look(model, [[1.0], [0.0], [0.0]], [1.25])  # the last state ahead is 1/4: ∂E/∂h = -2
    assert diagnosis.gradients == {
        "stack.layers.0.ahead": pytest.approx([0.5, 1.0, 2.0]),
        "stack.layers.0.back": pytest.approx([0.0, 0.0, 0.0]),  # the readout does not look at it
    }


@pytest.mark.parametrize(
    ("matrix", "radius"),
    [
        ([[0.0, -2.0], [2.0, 0.0]], 2.0),  # eigenvalues ±2i
        ([[0.0, 5.0], [0.0, 0.0]], 0.0),  # nothing comes round, whatever its norm
        ([[2.0, 1.0], [1.0, 2.0]], 3.0),
        ([[-4.0, 0.0], [0.0, 3.0]], 4.0),
        ([[math.inf, 0.0], [0.0, 3.0]], math.nan),
    ],
)
def test_the_spectral_radius_of_a_known_matrix(matrix: list[list[float]], radius: float) -> None:
    assert spectral_radius(torch.tensor(matrix)) == pytest.approx(radius, nan_ok=True)


def test_joined_gates_have_a_recurrent_matrix_each() -> None:
    recurrent = [[0.0, 3.0, 0.5, 0.0], [-3.0, 0.0, 0.0, 0.25]]  # r turns by three, z shrinks
    model = model_of(GRU, 2, {"stack.layers.0.cell.gates.recurrent": recurrent})
    radii = look(model, [[1.0]], [0.0]).radii
    assert radii == {
        "stack.layers.0 gates 0": pytest.approx(3.0),
        "stack.layers.0 gates 1": pytest.approx(0.5),
        "stack.layers.0 candidate": 0.0,
    }


def test_shares_of_gates_that_are_shut_and_open() -> None:
    # i is shut, half of f is open, o is half and half: sigmoid(3) = 0.953, sigmoid(-3) = 0.047, sigmoid(2) = 0.881
    biases = [-3.0, -3.0, 3.0, 2.0, 0.0, 0.0, 3.0, -3.0]  # i, f, g, o of two units
    model = model_of(LSTM, 2, {"stack.layers.0.cell.gates.bias": biases})
    gates = look(model, [[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]], [0.0, 0.0, 0.0]).gates
    assert gates == {  # in the order in which the cell takes them
        "stack.layers.0 gate 0": (0.0, 0.5),
        "stack.layers.0 gate 1": (1.0, 0.0),
        "stack.layers.0 gate 2": (0.5, 0.5),
    }


def test_gates_that_are_one_product_are_told_apart_and_added_up_over_steps() -> None:
    weights = {"stack.layers.0.cell.gates.input": [[3.0, -3.0]]}  # r follows the input, z goes against it
    gates = look(model_of(GRU, 1, weights), [[1.0], [1.0], [1.0], [-1.0], [0.0]], [0.0]).gates
    assert gates["stack.layers.0 gate 0"] == pytest.approx((0.2, 0.6))
    assert gates["stack.layers.0 gate 1"] == pytest.approx((0.6, 0.2))


class Leaky(Elman):
    """An Elman network whose one gate is a number, the same for all units (as in FastRNN)."""

    def __init__(self, input_size: int, hidden_size: int, **options: Any) -> None:
        super().__init__(input_size, hidden_size, **options)
        self.leak = torch.nn.Parameter(torch.tensor(3.0))  # sigmoid(3) = 0.953

    def step(self, x: Tensor, h: Tensor) -> Tensor:
        return torch.lerp(super().step(x, h), h, torch.sigmoid(self.leak))


def test_a_gate_may_be_one_number() -> None:
    model = build(Leaky, {}, Architecture(Real(1), Real(1), "many to one"), 4, seed=0)
    assert look(cast("Model", model), [[1.0], [0.0]], [0.0]).gates == {"stack.layers.0 gate 0": (0.0, 1.0)}


class Counting(Elman):
    """Which counts its steps, in integers."""

    states = ("h", "steps")

    def initial(self, batch: int) -> tuple[Tensor, ...]:
        return super().initial(batch)[0], torch.zeros(batch, 1, dtype=torch.long)

    def step(self, x: Tensor, h: Tensor, steps: Tensor) -> tuple[Tensor, ...]:  # type: ignore[override]
        return torch.where(steps % 2 == 0, super().step(x, h), h), steps + 1


def test_no_error_flows_through_a_count() -> None:
    model = build(Counting, {}, Architecture(Real(1), Real(1), "many to one"), 4, seed=0)
    first, second = look(cast("Model", model), [[1.0], [0.0]], [0.0]).gradients["stack.layers.0"]
    assert first == second > 0  # at the second step it does nothing


def test_errors_flow_through_a_recurrence_of_which_nothing_is_learnt() -> None:
    """A reservoir: the states after a step depend on those before it all the same."""
    learnt, fixed = model_of(Elman, 1, HALVING), model_of(Elman, 1, HALVING)
    fixed.stack.requires_grad_(requires_grad=False)
    inputs = [[1.0], [0.0], [0.0]]
    assert look(fixed, inputs, [0.0]) == look(learnt, inputs, [0.0])


def test_a_cell_without_gates_has_none() -> None:
    assert look(model_of(Elman, 1, HALVING), [[1.0]], [0.0]).gates == {}


def test_a_diagnosis_changes_nothing_and_draws_nothing_of_the_runs_random_numbers() -> None:
    model = build(LSTM, {}, Architecture(Real(1), Real(1), "many to one", 2, dropout=0.5), 4, seed=0)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    look(cast("Model", model), [[1.0, 2.0], [0.5, 0.0]], [1.0, 0.0])
    assert torch.equal(torch.rand(3), expected)
    assert model.training
    assert all(parameter.grad is None for parameter in model.parameters())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all("forward" not in layer.__dict__ for layer in model.recurrent)
