"""The simplified gated recurrent unit of lectures."""

import torch
from torch import Tensor

from harness import Cell, Gate


class SimpleGRU(Cell):
    """Simplified gated recurrent unit: one gate blends the candidate in, and nothing resets the state.

        u = sigmoid(W_u x + U_u h + b_u)
        n = tanh(W x + U h + b)
        h' = u ⊙ n + (1 - u) ⊙ h

    It is the GRU of Cho et al. 2014 with its reset gate held at 1 (and u = 1 - z), and the update gate RNN of Collins,
    Sohl-Dickstein and Sussillo 2017, arXiv:1611.09913.

    Source: Ng 2018, Sequence Models, the lectures of deeplearning.ai, where it is the simplified GRU.

    Args:
        input_size: the width of x.
        hidden_size: the width of h.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.gates = Gate(input_size, hidden_size, 2 * hidden_size)  # u, n

    def step(self, x: Tensor, h: Tensor) -> Tensor:
        """From x (batch, input_size) and h (batch, hidden_size) to the new h."""
        u, n = self.gates(x, h).chunk(2, dim=1)
        return torch.lerp(h, torch.tanh(n), torch.sigmoid(u))  # u ⊙ n + (1 - u) ⊙ h
