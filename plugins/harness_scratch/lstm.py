"""The long short-term memory."""

import torch
from torch import Tensor

from harness import Cell, Gate, States


class LSTM(Cell):
    """Long short-term memory: a cell state that gates write to, forget and read.

        i = sigmoid(W_i x + U_i h + b_i)
        f = sigmoid(W_f x + U_f h + b_f)
        g = tanh(W_g x + U_g h + b_g)
        o = sigmoid(W_o x + U_o h + b_o)
        c' = f ⊙ c + i ⊙ g
        h' = o ⊙ tanh(c')

    Source: Hochreiter and Schmidhuber 1997; the forget gate is of Gers, Schmidhuber and Cummins 2000.

    Args:
        input_size: the width of x.
        hidden_size: the width of h and c.
        forget_bias: what all of b_f starts at; 1 lets a fresh cell remember (Jozefowicz, Zaremba and Sutskever 2015).
    """

    states = ("h", "c")

    def __init__(self, input_size: int, hidden_size: int, forget_bias: float = 1.0) -> None:
        super().__init__(input_size, hidden_size)
        self.gates = Gate(input_size, hidden_size, 4 * hidden_size)  # i, f, g, o
        _, f, _, _ = self.gates.bias.detach().chunk(4)
        f.fill_(forget_bias)

    def step(self, x: Tensor, h: Tensor, c: Tensor) -> States:
        """From x (batch, input_size), h and c (batch, hidden_size) to the new h and c."""
        i, f, g, o = self.gates(x, h).chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c
