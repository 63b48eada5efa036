"""The contract of cells, where it is broken in a definition."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from harness import Cell, Classes, HarnessError, Real
from harness.modeling.assembly import Architecture, build
from harness.modeling.recurrence import Recurrence


@pytest.mark.parametrize("given", ["h", 1, (1, "c"), ()])
def test_states_that_are_no_names_are_told_where_the_cell_is_defined(given: object) -> None:
    with pytest.raises(HarnessError, match="must be a tuple of one or more names") as told:
        type("Own", (Cell,), {"states": given})
    assert str(told.value).startswith(f"Own.states is {given!r}; ")


@pytest.mark.parametrize("given", [("h",), ["h", "c"], property(lambda _: ("h",))])
def test_states_may_be_a_list_or_said_by_the_cell(given: object) -> None:
    assert type("Own", (Cell,), {"states": given}).__dict__["states"] is given


class WithoutParameters(Cell):
    """A sum of what it reads."""

    def step(self, x: Tensor, h: Tensor) -> Tensor:
        return torch.tanh(h + x.sum(1, keepdim=True))


class WithoutSizes(Cell):
    """Its weights wait for the first input."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.known, self.weights = nn.Linear(hidden_size, hidden_size), nn.LazyLinear(hidden_size)

    def step(self, x: Tensor, h: Tensor) -> Tensor:
        return torch.tanh(self.weights(x) + self.known(h))


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        (WithoutParameters, "WithoutParameters has no parameters: give it some, such as those of a Gate"),
        (WithoutSizes, "WithoutSizes leaves open how large weights.weight is: make it of input_size and hidden_size"),
    ],
)
def test_a_cell_from_which_nothing_can_begin_is_told(cell: type[Cell], told: str) -> None:
    with pytest.raises(HarnessError, match=told):
        build(cell, {}, Architecture(Real(2), Classes(3), "many to one"), 4, seed=0)


class FromZeros(WithoutParameters):
    """It says itself how it begins."""

    def initial(self, batch: int) -> tuple[Tensor, ...]:
        return (torch.zeros(batch, self.hidden_size),)


def test_a_cell_without_parameters_runs_in_the_loop_with_the_reason() -> None:
    layer = Recurrence(FromZeros(2, 4))
    assert str(layer.choice()) == "loop: it has no parameters"
    outputs, _ = layer(torch.ones(3, 1, 2), layer.initial(1))
    assert outputs[0].tolist() == [[pytest.approx(math.tanh(2))] * 4]
