"""Cells that are not bundled, as a third party would write them, for benchmarks/engine.py."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from harness import Cell, Gate, States


class MGU(Cell):
    """Minimal gated unit: one gate decides what to forget and what to write.

    Source: Zhou, Wu, Zhang and Zhou 2016, arXiv:1603.09420.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.forget = Gate(input_size, hidden_size)
        self.candidate = Gate(input_size, hidden_size)

    def step(self, x: Tensor, h: Tensor) -> Tensor:
        """From x (batch, input_size) and h (batch, hidden_size) to the new h."""
        f = torch.sigmoid(self.forget(x, h))
        return torch.lerp(h, torch.tanh(self.candidate(x, f * h)), f)


class MultiplicativeLSTM(Cell):
    """Long short-term memory whose gates see input times state: of two products one waits for the other.

    Source: Krause, Lu, Murray and Renals 2016, arXiv:1609.07959.
    """

    states = ("h", "c")

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.of_input = nn.Linear(input_size, hidden_size, bias=False)
        self.of_state = nn.Linear(hidden_size, hidden_size, bias=False)
        self.gates = Gate(input_size, hidden_size, 4 * hidden_size)

    def step(self, x: Tensor, h: Tensor, c: Tensor) -> States:
        """From x (batch, input_size), h and c (batch, hidden_size) to the new h and c."""
        m = self.of_input(x) * self.of_state(h)
        i, f, o, g = self.gates(x, m).chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


class LayerNormElman(Cell):
    """Vanilla recurrent network with layer normalisation: each step takes the mean of a row.

    Source: Ba, Kiros and Hinton 2016, arXiv:1607.06450.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.hidden = Gate(input_size, hidden_size)
        self.norm = nn.LayerNorm(hidden_size)

    def step(self, x: Tensor, h: Tensor) -> Tensor:
        """From x (batch, input_size) and h (batch, hidden_size) to the new h."""
        return torch.tanh(self.norm(self.hidden(x, h)))


class ThreeState(Cell):
    """A cell with a fast and a slow memory, which no paper has: three states, products of two of them."""

    states = ("h", "fast", "slow")

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.gates = Gate(input_size, hidden_size, 2 * hidden_size)
        self.candidate = Gate(input_size, hidden_size)

    def step(self, x: Tensor, h: Tensor, fast: Tensor, slow: Tensor) -> States:
        """From x (batch, input_size) and the states (batch, hidden_size) to the new ones."""
        f, o = torch.sigmoid(self.gates(x, h)).chunk(2, dim=1)
        n = torch.tanh(self.candidate(x, fast))
        fast = torch.lerp(n, fast, f)
        slow = 0.9 * slow + 0.1 * fast
        return o * torch.tanh(fast + slow), fast, slow
