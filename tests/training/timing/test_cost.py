"""What a trained model costs, and that measuring it leaves no trace."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from harness import Layer, Real
from harness.modeling.assembly import Architecture, build
from harness.training.splits import Splits
from harness.training.timing.cost import Spread, kernel, measure
from harness_scratch.gru import GRU
from harness_scratch.mingru import MinGRU
from harness_synthetic.adding import Adding
from harness_torch.layers import TorchLSTM

CPU = torch.device("cpu")


def model(cell: Any, engine: Any = "auto", **more: Any) -> Any:
    return build(cell, {}, Architecture(Real(2), Real(1), "many to one", engine=engine, **more), 8, seed=0)


class Counting(Layer):
    """Has a state that counts its calls in training."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.map = torch.nn.Linear(input_size, hidden_size)
        self.register_buffer("calls", torch.zeros(()))

    def initial(self, batch: int) -> tuple[torch.Tensor, ...]:
        return (torch.zeros(batch, self.hidden_size),)

    def forward(self, x: torch.Tensor, states: Any) -> Any:
        self.calls += self.training  # type: ignore[has-type, operator]
        return torch.tanh(self.map(x)), states


@pytest.mark.parametrize("cell", [GRU, TorchLSTM, Counting])
def test_measuring_leaves_weights_buffers_gradients_and_random_numbers_as_they_were(cell: Any) -> None:
    task = Adding(length=7)
    built, recipe = model(cell, dropout=0.5), task.recipes["smoke"]
    before = {name: value.clone() for name, value in built.state_dict().items()}
    splits, random = Splits(task, 0, CPU), torch.get_rng_state()
    found = measure(built, task, recipe, splits.one(4), CPU)
    assert torch.equal(torch.get_rng_state(), random)
    assert all(torch.equal(value, before[name]) for name, value in built.state_dict().items())
    assert all(parameter.grad is None for parameter in built.parameters())
    assert built.training
    assert splits.seen == {}  # it is no data of the run
    assert found.steps == 4 * 7
    for spread in (found.forward, found.backward, found.inference):
        assert 0 < spread.low <= spread.median <= spread.high
    assert found.repeats >= 7
    assert found.memory is None or found.memory >= 0


def test_a_spread_is_of_a_time_step() -> None:
    assert Spread.of([4.0, 1.0, 2.0, 3.0, 5.0], steps=10) == Spread(median=0.3, low=0.2, high=0.4)


def test_the_kernel_is_what_ran() -> None:
    assert kernel(model(TorchLSTM, layers=2)) == "mkldnn_rnn_layer"
    assert kernel(model(MinGRU)) == "single operators"
    assert kernel(model(GRU, engine="loop")) == "loop"
    assert kernel(model(GRU, engine="torch", bidirectional=True)) == "torch"
    compiled = kernel(model(GRU))
    if compiled.startswith("native"):
        engine, code = compiled.split()
        assert (engine, len(code), int(code, 16) > 0) == ("native", 8, True)
