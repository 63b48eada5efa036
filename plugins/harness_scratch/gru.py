"""The gated recurrent unit."""

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor, nn

from harness import Cell, Gate


class GRU(Cell):
    """Gated recurrent unit: one gate resets the state that the candidate sees, one blends the candidate in.

        r = sigmoid(W_r x + U_r h + b_r)
        z = sigmoid(W_z x + U_z h + b_z)
        n = tanh(W x + U (r ⊙ h) + b)             reset=before, as published
        n = tanh(W x + b + r ⊙ (U h + c))         reset=after, as in cuDNN and torch.nn
        h' = z ⊙ h + (1 - z) ⊙ n

    Source: Cho et al. 2014, Learning phrase representations using RNN encoder-decoder, arXiv:1406.1078.

    Args:
        input_size: the width of x.
        hidden_size: the width of h.
        reset: whether the reset gate r acts before or after the recurrent product.
    """

    def __init__(self, input_size: int, hidden_size: int, reset: Literal["before", "after"] = "before") -> None:
        super().__init__(input_size, hidden_size)
        self.gates = Gate(input_size, hidden_size, 2 * hidden_size)  # r, z
        self.candidate = Gate(input_size, hidden_size)  # W, U, b
        self.reset_bias = nn.Parameter(torch.zeros(hidden_size)) if reset == "after" else None  # c
        self.reference = "torch.nn.GRU" if reset == "after" else ""

    def step(self, x: Tensor, h: Tensor) -> Tensor:
        """From x (batch, input_size) and h (batch, hidden_size) to the new h."""
        r, z = torch.sigmoid(self.gates(x, h)).chunk(2, dim=1)
        if self.reset_bias is None:
            a = self.candidate(x, r * h)
        else:
            from_input = torch.addmm(self.candidate.bias, x, self.candidate.input)
            a = from_input + r * torch.addmm(self.reset_bias, h, self.candidate.recurrent)
        return torch.lerp(torch.tanh(a), h, z)  # z ⊙ h + (1 - z) ⊙ n

    def from_reference(self, theirs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """torch.nn has r, z and n in one matrix, transposed, and a second bias of which only n's stays apart."""
        n = 2 * self.hidden_size
        w, u = theirs["weight_ih_l0"].t(), theirs["weight_hh_l0"].t()
        b, c = theirs["bias_ih_l0"], theirs["bias_hh_l0"]
        gates = {"gates.input": w[:, :n], "gates.recurrent": u[:, :n], "gates.bias": (b + c)[:n]}
        candidate = {"candidate.input": w[:, n:], "candidate.recurrent": u[:, n:], "candidate.bias": b[n:]}
        return {**gates, **candidate, "reset_bias": c[n:]}
