"""Cells of the literature, in all that is made of a cell: the engine takes them, and gives what the loop gives."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import pytest
import torch
from kernels import assert_same, kernel, shaken
from literature import CELLS

from harness.modeling.bidirectional import Bidirectional
from harness.modeling.recurrence import Recurrence
from harness.modeling.stack import Stack

if TYPE_CHECKING:
    from harness import Cell
    from harness.modeling.engine.select import Engine

INPUT, HIDDEN = 3, 6


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("engine", ["native", "torch"])
def test_a_cell_gives_what_it_gives_in_the_loop(engine: str, cell: type[Cell]) -> None:
    torch.manual_seed(0)
    one = cell(INPUT, HIDDEN)
    for parameter in one.parameters():
        parameter.requires_grad_()
    made = kernel(shaken(one), engine)
    for time, batch, made.piece, seen in ((6, 5, 2, ""), (3, 1, None, "final"), (7, 3, None, "outputs")):
        assert_same(one, made, time, batch, seen)


@pytest.mark.parametrize("cell", CELLS[::3])
def test_two_layers_of_both_directions_read_sequences_of_their_own_lengths(cell: type[Cell]) -> None:
    torch.manual_seed(0)
    lower = [shaken(cell(INPUT, HIDDEN)) for _ in range(2)]
    ways = [lower, [shaken(cell(2 * lower[0].hidden_size, HIDDEN)) for _ in range(2)]]
    lengths = torch.tensor([7, 2, 4])
    x = torch.randn(7, 3, INPUT, dtype=torch.float64)

    def found(engine: Engine) -> list[torch.Tensor]:
        layers = [[Recurrence(copy.deepcopy(one), engine) for one in both] for both in ways]
        stack = Stack([Bidirectional(*both) for both in layers])
        outputs, _ = stack(x, lengths=lengths)
        learnt = [parameter for parameter in stack.parameters() if parameter.requires_grad]
        gradients = torch.autograd.grad(outputs[:2].square().sum(), learnt, materialize_grads=True)
        return [outputs, *gradients, *stack.states_at_ends(x, lengths)[1]]

    for own, right in zip(found("native"), found("loop"), strict=True):
        torch.testing.assert_close(own, right, rtol=1e-9, atol=1e-10 * max(1.0, right.abs().max().item()))
