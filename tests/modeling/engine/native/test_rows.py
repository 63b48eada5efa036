"""The loops over columns as C."""

from __future__ import annotations

import re

import pytest
import torch
from kernels import kernel
from torch import Tensor, nn

from harness import Cell, Gate, States

LOOP = re.compile(r"#pragma omp simd[^\n]*\n(.*?)\n {6}\}", re.DOTALL)


class Normal(Cell):
    """Takes the mean and the deviation of each row."""

    def __init__(self) -> None:
        super().__init__(5, 6)
        self.hidden, self.norm = Gate(5, 6), nn.LayerNorm(6)

    def step(self, x: Tensor, h: Tensor) -> Tensor:
        """From x and h to the new h."""
        return torch.tanh(self.norm(self.hidden(x, h)))


class Memory(Cell):
    """Whose state is a matrix: a number of each row goes to all its columns."""

    states = ("h", "C")

    def __init__(self) -> None:
        super().__init__(5, 20)
        self.hidden = Gate(5, 20)

    def initial(self, batch: int) -> States:
        """Zeros (batch, hidden_size), and (batch, hidden_size, hidden_size)."""
        zeros = next(self.parameters()).new_zeros
        return zeros(batch, 20), zeros(batch, 20, 20)

    def step(self, x: Tensor, h: Tensor, memory: Tensor) -> States:
        """From x and the states to the new ones."""
        h = torch.tanh(self.hidden(x, h))
        memory = 0.9 * memory + h[:, :, None] * h.sin()[:, None]
        return h + memory.sum(2).tanh(), memory


@pytest.mark.parametrize("cell", [Normal(), Memory()], ids=["layer norm", "matrix"])
def test_what_all_columns_share_is_read_before_their_loop(cell: Cell) -> None:
    """What may lie among what a loop writes, a compiler would read again for each column, and compute one by one."""
    source = getattr(kernel(cell, "native").runner, "source", "")
    loops = [body for body in LOOP.findall(source) if re.search(r"\bv\d+\b", body)]
    assert len(loops) > 4
    assert not [body for body in loops if re.search(r"\b[pr]\d+\[[0i]\]", body)]
