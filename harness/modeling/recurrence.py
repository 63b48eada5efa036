"""The recurrence: a cell run over time. This plain loop is the reference meaning of every cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from harness.modeling.layer import Layer

if TYPE_CHECKING:
    from torch import Tensor

    from harness.modeling.cell import Cell, States


class Recurrence(Layer):
    """A cell as a layer: the loop over `step`."""

    def __init__(self, cell: Cell) -> None:
        super().__init__(cell.input_size, cell.hidden_size)
        self.output_size = cell.output_size
        self.cell = cell

    def initial(self, batch: int) -> States:
        """The cell's states before the first step."""
        return self.cell.initial(batch)

    def recurrent_matrices(self) -> dict[str, Tensor]:
        """The cell's."""
        return self.cell.recurrent_matrices()

    def forward(self, x: Tensor, states: States) -> tuple[Tensor, States]:
        """Step through x (time, batch, input_size); the outputs are the first state after each step."""
        outputs = []
        for x_t in x.unbind(0):  # not x[t]: its gradient would make the backward pass quadratic in time
            result = self.cell.step(x_t, *states)
            states = result if isinstance(result, tuple) else (result,)
            outputs.append(states[0])
        return torch.stack(outputs), states
