"""The recurrence: a cell run over time. The plain loop is the reference meaning of every cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from harness.modeling.layer import Layer

if TYPE_CHECKING:
    from torch import Tensor

    from harness.modeling.cell import Cell, States
    from harness.modeling.engine.select import Choice, Engine


class Recurrence(Layer):
    """A cell as a layer.

    Args:
        cell: one step.
        engine: what runs it over time: see `harness.modeling.engine`.
    """

    def __init__(self, cell: Cell, engine: Engine = "auto") -> None:
        super().__init__(cell.input_size, cell.hidden_size)
        self.output_size = cell.output_size
        self.cell = cell
        self.engine = engine

    def initial(self, batch: int) -> States:
        """The cell's states before the first step."""
        return self.cell.initial(batch)

    def recurrent_matrices(self) -> dict[str, Tensor]:
        """The cell's."""
        return self.cell.recurrent_matrices()

    def choice(self) -> Choice:
        """What runs the cell as it stands.

        Raises:
            NotSupportedError: the engine that was asked for cannot.
        """
        from harness.modeling.engine.select import choose  # noqa: PLC0415 - most of it is for compiling

        return choose(self.cell, self.engine, loop)

    def forward(self, x: Tensor, states: States) -> tuple[Tensor, States]:
        """Step through x (time, batch, input_size); the outputs are the first state after each step.

        A single step is run as it stands: a kernel would cost more to prepare.
        """
        if self.engine == "loop" or len(x) == 1 or torch.compiler.is_compiling():
            return loop(self.cell, x, states)
        from harness.modeling.engine.select import usual  # noqa: PLC0415

        if not usual(x, states):
            return loop(self.cell, x, states)
        kernel = self.choice().kernel
        if kernel is None or not kernel.takes(x, states):
            return loop(self.cell, x, states)
        return kernel(self.cell, x, states)


def loop(cell: Cell, x: Tensor, states: States) -> tuple[Tensor, States]:
    """Step through x (time, batch, input_size) in a plain loop."""
    outputs = []
    for x_t in x.unbind(0):  # not x[t]: its gradient would make the backward pass quadratic in time
        result = cell.step(x_t, *states)
        states = result if isinstance(result, tuple) else (result,)
        outputs.append(states[0])
    return torch.stack(outputs), states
