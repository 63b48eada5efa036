"""Cells that are not bundled, as a third party would write them, for benchmarks/engine.py."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

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


class MatrixMemory(Cell):
    """Memory of keys and values in a matrix, of mLSTM: written by outer products, read by a product.

    Source: Beck et al. 2024, arXiv:2405.04517, with sigmoid gates.
    """

    states = ("h", "C")
    size = 64

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.parts = nn.Linear(input_size + hidden_size, 3 * self.size + 2)
        self.out = nn.Linear(self.size, hidden_size)

    def initial(self, batch: int) -> States:
        """Zeros (batch, hidden_size), and (batch, size, size)."""
        zeros = self.out.weight.new_zeros
        return zeros(batch, self.hidden_size), zeros(batch, self.size, self.size)

    def step(self, x: Tensor, h: Tensor, memory: Tensor) -> States:
        """From x (batch, input_size), h (batch, hidden_size) and memory (batch, size, size) to the new ones."""
        q, k, v, f, i = self.parts(torch.cat([x, h], 1)).split([self.size] * 3 + [1, 1], dim=1)
        written = (torch.sigmoid(i) * v)[:, :, None] * torch.tanh(k)[:, None]
        memory = torch.sigmoid(f)[:, :, None] * memory + written
        return torch.tanh(self.out((memory @ q[:, :, None]).squeeze(2))), memory


class MatrixMemories(Cell):
    """The same with several heads, as layers of xLSTM have them, and with what was written, n, to divide by.

    Source: Beck et al. 2024, arXiv:2405.04517, equations 19 to 27, with sigmoid gates.
    """

    states = ("h", "C", "n")
    heads, size = 4, 32

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.parts = nn.Linear(input_size, self.heads * (3 * self.size + 2))
        self.out = nn.Linear(self.heads * self.size, hidden_size)

    def initial(self, batch: int) -> States:
        """Zeros (batch, hidden_size), (batch, heads, size, size), and (batch, heads, size)."""
        zeros, sizes = self.out.weight.new_zeros, (batch, self.heads, self.size)
        return zeros(batch, self.hidden_size), zeros(*sizes, self.size), zeros(*sizes)

    def step(self, x: Tensor, _h: Tensor, memory: Tensor, n: Tensor) -> States:
        """From x (batch, input_size) and the states to the new ones."""
        parts = self.parts(x).view(len(x), self.heads, -1)
        q, k, v, f, i = parts.split([self.size] * 3 + [1, 1], dim=2)
        k, f, i = k / self.size**0.5, torch.sigmoid(f), torch.sigmoid(i)
        memory = f[..., None] * memory + (i * v)[..., :, None] * k[..., None, :]
        n = f * n + i * k
        read = torch.einsum("bhvk,bhk->bhv", memory, q) / (n * q).sum(2, keepdim=True).abs().clamp(min=1)
        return torch.tanh(self.out(read.flatten(1))), memory, n


class SelectiveStateSpace(Cell):
    """Linear states of each channel, which the input lets in and lets go.

    Source: Gu and Dao 2023, arXiv:2312.00752, equations 1 and 2 with algorithm 2.
    """

    states = ("y", "S")
    size = 16

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.u, self.delta = nn.Linear(input_size, hidden_size), nn.Linear(input_size, hidden_size)
        self.B, self.C = nn.Linear(input_size, self.size), nn.Linear(input_size, self.size)
        self.A = nn.Parameter(torch.log(torch.arange(1.0, self.size + 1)).repeat(hidden_size, 1))
        self.D = nn.Parameter(torch.ones(hidden_size))

    def initial(self, batch: int) -> States:
        """Zeros (batch, hidden_size), and (batch, hidden_size, size)."""
        return self.D.new_zeros(batch, self.hidden_size), self.D.new_zeros(batch, self.hidden_size, self.size)

    def step(self, x: Tensor, _y: Tensor, state: Tensor) -> States:
        """From x (batch, input_size) and the state (batch, hidden_size, size) to the output and the new state."""
        u, delta = self.u(x), functional.softplus(self.delta(x))
        kept = torch.exp(-delta[:, :, None] * torch.exp(self.A))
        state = kept * state + (delta * u)[:, :, None] * self.B(x)[:, None]
        return (state @ self.C(x)[:, :, None]).squeeze(2) + self.D * u, state
