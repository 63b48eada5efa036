"""A network without recurrence, which sees a window of its inputs."""

from typing import Annotated

import torch
from annotated_types import Ge
from torch import Tensor

from harness import Cell, States
from harness_scratch.affine import affine


class Window(Cell):
    """Feed-forward network over the last k inputs, which remembers nothing older: why recurrence is needed.

        h_t = tanh(W [x_{t-k+1} … x_t] + b)

    Inputs before the beginning are zeros. Each layer of a stack sees k outputs of the one below, so that n layers see
    n (k - 1) + 1 inputs.

    Source: Waibel et al. 1989, Phoneme recognition using time-delay neural networks; this is one such layer.

    Args:
        input_size: the width of x.
        hidden_size: the width of h, which the next step does not see.
        size: k.
    """

    states = ("h", "past")

    def __init__(self, input_size: int, hidden_size: int, size: Annotated[int, Ge(1)] = 8) -> None:
        super().__init__(input_size, hidden_size)
        self.size = size
        self.hidden = affine(size * input_size, hidden_size)  # W, b

    def initial(self, batch: int) -> States:
        """Zeros for h (batch, hidden_size) and for the last k - 1 inputs (batch, (k - 1) · input_size)."""
        like = self.hidden.bias
        return like.new_zeros(batch, self.hidden_size), like.new_zeros(batch, (self.size - 1) * self.input_size)

    def step(self, x: Tensor, _h: Tensor, past: Tensor) -> States:
        """From x (batch, input_size) and the inputs before it, the oldest first, to h and the inputs to remember."""
        seen = torch.cat([past, x], dim=1)  # (batch, k · input_size)
        return torch.tanh(self.hidden(seen)), seen[:, self.input_size :]
