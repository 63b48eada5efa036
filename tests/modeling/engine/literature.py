"""Cells of the literature, each the way that its paper or a well-known implementation writes it."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from harness import Cell, Gate, States


class Intersection(Cell):
    """Collins, Sohl-Dickstein and Sussillo 2017."""

    states = ("y", "h")

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.proj = nn.Linear(input_size, hidden_size)
        self.lin = nn.Linear(hidden_size * 2, 4 * hidden_size)

    def step(self, x: Tensor, _y: Tensor, h: Tensor) -> States:
        x = self.proj(x)
        y_in, h_in, gate_y, gate_h = torch.chunk(self.lin(torch.cat((x, h), 1)), 4, 1)
        gate_y, gate_h = torch.sigmoid(gate_y + 1), torch.sigmoid(gate_h + 1)
        return gate_y * x + (1 - gate_y) * functional.relu(y_in), gate_h * h + (1 - gate_h) * torch.tanh(h_in)


class Nested(Cell):
    """Moniz and Krueger 2018."""

    states = ("h", "c", "inner")

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        of_x, of_h = nn.Linear(input_size, 4 * hidden_size), nn.Linear(hidden_size, 4 * hidden_size)
        self.outer = nn.ModuleDict({"x": of_x, "h": of_h})
        self.inner = nn.LSTMCell(hidden_size, hidden_size)

    def step(self, x: Tensor, h: Tensor, c: Tensor, inner: Tensor) -> States:
        i, f, o, g = (self.outer["x"](x) + self.outer["h"](h)).chunk(4, 1)
        i, f, o = map(torch.sigmoid, (i, f, o))
        c, inner = self.inner(i * torch.tanh(g), (f * c, inner))
        return o * torch.tanh(c), c, inner


class Highway(Cell):
    """Zilly et al. 2017, of depth 3."""

    def __init__(self, input_size: int, hidden_size: int, depth: int = 3) -> None:
        super().__init__(input_size, hidden_size)
        self.inp = nn.Linear(input_size, 2 * hidden_size)
        self.rec = nn.ModuleList([nn.Linear(hidden_size, 2 * hidden_size) for _ in range(depth)])

    def step(self, x: Tensor, s: Tensor) -> Tensor:
        for depth, rec in enumerate(self.rec):
            pre = rec(s)
            if depth == 0:
                pre = pre + self.inp(x)
            h, t = pre.chunk(2, dim=1)
            s = h.tanh() * t.sigmoid() + s * (1 - t.sigmoid())
        return s


class Mogrifier(Cell):
    """Melis, Kocisky and Blunsom 2020."""

    states = ("h", "c")

    def __init__(self, input_size: int, hidden_size: int, rounds: int = 5) -> None:
        super().__init__(input_size, hidden_size)
        self.lstm = nn.LSTMCell(input_size, hidden_size)
        self.q = nn.ModuleList([nn.Linear(hidden_size, input_size) for _ in range((rounds + 1) // 2)])
        self.r = nn.ModuleList([nn.Linear(input_size, hidden_size) for _ in range(rounds // 2)])

    def step(self, x: Tensor, h: Tensor, c: Tensor) -> States:
        for i in range(len(self.q) + len(self.r)):
            if i % 2 == 0:
                x = 2 * torch.sigmoid(self.q[i // 2](h)) * x
            else:
                h = 2 * torch.sigmoid(self.r[i // 2](x)) * h
        return self.lstm(x, (h, c))  # type: ignore[no-any-return]


class Ordered(Cell):
    """Ordered neurons, Shen, Tan, Sordoni and Courville 2019: running sums of a softmax say how far down to forget."""

    states = ("h", "c")

    def __init__(self, input_size: int, hidden_size: int, chunk: int = 2) -> None:
        super().__init__(input_size, hidden_size)
        self.levels, self.chunk = hidden_size // chunk, chunk
        self.ih = nn.Linear(input_size, 4 * hidden_size + 2 * self.levels)
        self.hh = nn.Linear(hidden_size, 4 * hidden_size + 2 * self.levels)

    def step(self, x: Tensor, h: Tensor, c: Tensor) -> States:
        gates = self.ih(x) + self.hh(h)
        cin, cforget = gates[:, : 2 * self.levels].chunk(2, 1)
        o, cell, i, f = gates[:, 2 * self.levels :].view(-1, self.levels * 4, self.chunk).chunk(4, 1)
        cin = (1 - torch.cumsum(functional.softmax(cin, dim=-1), dim=-1))[:, :, None]
        cforget = torch.cumsum(functional.softmax(cforget, dim=-1), dim=-1)[:, :, None]
        both = cforget * cin
        f = torch.sigmoid(f) * both + (cforget - both)
        i = torch.sigmoid(i) * both + (cin - both)
        memory = f * c.view(-1, self.levels, self.chunk) + i * torch.tanh(cell)
        return (torch.sigmoid(o) * torch.tanh(memory)).view(-1, self.hidden_size), memory.view(-1, self.hidden_size)


class ManyLevels(Ordered):
    """As many as are used: more than the engine has blocks."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, 9 * hidden_size, chunk=3)


class Rotated(Cell):
    """Columns in pairs that are turned (Jing et al. 2017, Tunable efficient unitary networks), in two layers."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.W = nn.Linear(input_size, hidden_size)
        self.angles = nn.Parameter(torch.randn(2, hidden_size // 2))
        self.bias = nn.Parameter(torch.zeros(hidden_size))

    def step(self, x: Tensor, h: Tensor) -> Tensor:
        for angles in self.angles:
            even, odd = h[:, ::2], h[:, 1::2]
            cos, sin = torch.cos(angles), torch.sin(angles)
            h = torch.stack([cos * even - sin * odd, sin * even + cos * odd], 2).flatten(1).roll(1, 1)
        z = self.W(x) + h
        return torch.sign(z) * functional.relu(z.abs() + self.bias)


class Cayley(Cell):
    """Helfrich, Willmott and Ye 2018: an orthogonal matrix, solved for."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.A = nn.Parameter(torch.randn(hidden_size, hidden_size) * 0.2)
        self.V = nn.Linear(input_size, hidden_size, bias=False)
        self.bias = nn.Parameter(torch.zeros(hidden_size))
        self.register_buffer("D", torch.ones(hidden_size).index_fill(0, torch.arange(hidden_size // 2), -1.0))

    def step(self, x: Tensor, h: Tensor) -> Tensor:
        identity, skew = torch.eye(self.hidden_size).to(h), self.A - self.A.t()
        z = self.V(x) + h @ (torch.linalg.solve(identity + skew, identity - skew) * self.D).t()
        return torch.sign(z) * torch.clamp(z.abs() + self.bias, min=0)


class Legendre(Cell):
    """Voelker, Kajic and Eliasmith 2019, with any fixed memory."""

    states = ("h", "m")

    def __init__(self, input_size: int, hidden_size: int, order: int = 3) -> None:
        super().__init__(input_size, hidden_size)
        self.order = order
        self.register_buffer("A", 0.5 * torch.linspace(-1, 1, order * order).view(order, order))
        self.register_buffer("B", torch.linspace(0.2, 1, order)[:, None])
        self.e_x, self.e_h = nn.Parameter(torch.ones(1, input_size)), nn.Parameter(torch.ones(1, hidden_size))
        self.W_x = nn.Parameter(torch.randn(hidden_size, input_size) * 0.3)
        self.W_m = nn.Parameter(torch.randn(hidden_size, order) * 0.3)

    def initial(self, batch: int) -> States:
        return self.e_x.new_zeros(batch, self.hidden_size), self.e_x.new_zeros(batch, self.order)

    def step(self, x: Tensor, h: Tensor, m: Tensor) -> States:
        u = functional.linear(x, self.e_x) + functional.linear(h, self.e_h)
        m = functional.linear(m, self.A) + functional.linear(u, self.B)
        return torch.tanh(functional.linear(x, self.W_x) + functional.linear(m, self.W_m)), m


class Exponential(Cell):
    """sLSTM of Beck et al. 2024: exponential gates, a normaliser and a stabiliser."""

    states = ("h", "c", "n", "m")

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.W = nn.Linear(input_size, 4 * hidden_size)
        self.R = nn.Parameter(torch.randn(hidden_size, 4 * hidden_size) / hidden_size)

    def step(self, x: Tensor, h: Tensor, c: Tensor, n: Tensor, m: Tensor) -> States:
        z, i, f, o = torch.split(self.W(x) + h @ self.R, self.hidden_size, dim=1)
        log_f = m + functional.logsigmoid(f)
        new_m = torch.maximum(i, log_f)
        i = torch.minimum(torch.exp(i - new_m), torch.ones_like(i))
        f = torch.minimum(torch.exp(log_f - new_m), torch.ones_like(i))
        c, n = f * c + i * torch.tanh(z), f * n + i
        return torch.sigmoid(o) * c / (n.square() + 0.1).sqrt(), c, n, new_m


class Independent(Cell):
    """Of RIMs (Goyal et al. 2021): modules with weights of their own, that look at one another's states."""

    def __init__(self, input_size: int, hidden_size: int, modules: int = 3) -> None:
        super().__init__(input_size, hidden_size)
        size = hidden_size // modules
        self.count = modules
        self.W = nn.Linear(input_size, hidden_size)
        self.U = nn.Parameter(torch.randn(modules, size, size) / size)
        self.query, self.key = (nn.Parameter(torch.randn(modules, size, 1) / size) for _ in range(2))

    def step(self, x: Tensor, h: Tensor) -> Tensor:
        own = h.view(len(h), self.count, -1)
        h_new = torch.tanh(self.W(x).view_as(own) + torch.einsum("bmi,mij->bmj", own, self.U))
        query, key = (torch.einsum("bmi,mij->bmj", h_new, weights) for weights in (self.query, self.key))
        shares = torch.softmax(query * key.transpose(1, 2), dim=-1)
        return (h_new + torch.bmm(shares, h_new)).flatten(1)


class Delta(Cell):
    """Fast weights by the delta rule (Schlag, Irie and Schmidhuber 2021), on keys that are normalised."""

    states = ("y", "W")

    def __init__(self, input_size: int, hidden_size: int, keys: int = 4) -> None:
        super().__init__(input_size, hidden_size)
        self.keys = keys
        self.slow = nn.Linear(input_size, 2 * keys + hidden_size + 1)

    def initial(self, batch: int) -> States:
        like = self.slow.weight
        return like.new_zeros(batch, self.hidden_size), like.new_zeros(batch, self.keys * self.hidden_size)

    def step(self, x: Tensor, _y: Tensor, fast: Tensor) -> States:
        k, q, v, beta = self.slow(x).split([self.keys, self.keys, self.hidden_size, 1], dim=1)
        k, q = torch.softmax(k, 1), torch.softmax(q, 1)
        weights = fast.view(-1, self.keys, self.hidden_size)
        old = torch.einsum("bkv,bk->bv", weights, k)
        weights = weights + torch.sigmoid(beta)[:, :, None] * torch.einsum("bk,bv->bkv", k, v - old)
        return torch.einsum("bkv,bk->bv", weights, q), weights.flatten(1)


class ManyKeys(Delta):
    """As many as are used: a matrix that is long in both directions."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, 3 * hidden_size, keys=17)


class MatrixMemory(Cell):
    """Of xLSTM (Beck et al. 2024): a matrix of keys and values, with exponential gates that are kept in bounds."""

    states = ("h", "C", "n", "m")

    def __init__(self, input_size: int, hidden_size: int, size: int = 18) -> None:
        super().__init__(input_size, hidden_size)
        self.size = size
        self.qkv = nn.Linear(input_size, 3 * size)
        self.gates = nn.Linear(input_size, 2)
        self.out = nn.Linear(input_size, size)
        self.down = nn.Linear(size, hidden_size)

    def initial(self, batch: int) -> States:
        zeros = self.out.weight.new_zeros
        size = self.size
        return zeros(batch, self.hidden_size), zeros(batch, size, size), zeros(batch, size), zeros(batch, 1)

    def step(self, x: Tensor, _h: Tensor, memory: Tensor, n: Tensor, m: Tensor) -> States:
        q, k, v = self.qkv(x).chunk(3, 1)
        k = k / math.sqrt(self.size)
        i, f = self.gates(x).chunk(2, 1)
        largest = torch.maximum(functional.logsigmoid(f) + m, i)
        i, f = torch.exp(i - largest), torch.exp(functional.logsigmoid(f) + m - largest)
        memory = f[:, :, None] * memory + i[:, :, None] * torch.einsum("bv,bk->bvk", v, k)
        n = f * n + i * k
        read = torch.bmm(memory, q[:, :, None])[:, :, 0] / (n * q).sum(1, keepdim=True).abs().clamp(min=1)
        return self.down(torch.sigmoid(self.out(x)) * read), memory, n, largest


class Selective(Cell):
    """Selective state spaces (Gu and Dao 2023): each channel has states of its own, that the input lets in."""

    states = ("y", "S")

    def __init__(self, input_size: int, hidden_size: int, size: int = 8) -> None:
        super().__init__(input_size, 3 * hidden_size)
        self.size, channels = size, 3 * hidden_size
        self.u, self.delta = nn.Linear(input_size, channels), nn.Linear(input_size, channels)
        self.B, self.C = nn.Linear(input_size, size), nn.Linear(input_size, size)
        self.A = nn.Parameter(torch.log(torch.arange(1.0, size + 1)).repeat(channels, 1))
        self.D = nn.Parameter(torch.ones(channels))

    def initial(self, batch: int) -> States:
        return self.D.new_zeros(batch, self.hidden_size), self.D.new_zeros(batch, self.hidden_size, self.size)

    def step(self, x: Tensor, _y: Tensor, state: Tensor) -> States:
        u, delta = self.u(x), functional.softplus(self.delta(x))
        kept = torch.exp(-delta[:, :, None] * torch.exp(self.A))
        state = kept * state + (delta * u)[:, :, None] * self.B(x)[:, None]
        return (state @ self.C(x)[:, :, None]).squeeze(2) + self.D * u, state


class Phased(Cell):
    """Neil, Pfeiffer and Liu 2016; time is a state."""

    states = ("h", "c", "t")

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.lstm = nn.LSTMCell(input_size, hidden_size)
        self.tau = nn.Parameter(torch.linspace(2, 5, hidden_size))
        self.shift = nn.Parameter(torch.linspace(0, 1, hidden_size))
        self.r_on = nn.Parameter(torch.full((hidden_size,), 0.3))

    def initial(self, batch: int) -> States:
        return (*super().initial(batch)[:2], self.tau.new_zeros(batch, 1))

    def step(self, x: Tensor, h: Tensor, c: Tensor, t: Tensor) -> States:
        new_h, new_c = self.lstm(x, (h, c))
        phi = torch.fmod(t - self.shift, self.tau) / self.tau
        phi = torch.where(phi < 0, phi + 1, phi)
        up = 2 * phi / self.r_on
        k = torch.where(phi < 0.5 * self.r_on, up, torch.where(phi < self.r_on, 2 - up, 0.001 * phi))
        return k * new_h + (1 - k) * h, k * new_c + (1 - k) * c, t + 1


class Clockwork(Cell):
    """Koutnik et al. 2014; the step counter is a state."""

    states = ("h", "t")

    def __init__(self, input_size: int, hidden_size: int, modules: int = 3) -> None:
        super().__init__(input_size, hidden_size)
        self.W, self.U = nn.Linear(input_size, hidden_size), nn.Linear(hidden_size, hidden_size, bias=False)
        which = torch.arange(hidden_size) * modules // hidden_size
        self.register_buffer("period", 2.0**which)
        self.register_buffer("mask", (which[:, None] <= which[None, :]).float())

    def initial(self, batch: int) -> States:
        return self.W.bias.new_zeros(batch, self.hidden_size), self.W.bias.new_zeros(batch, 1)

    def step(self, x: Tensor, h: Tensor, t: Tensor) -> States:
        new = torch.tanh(self.W(x) + functional.linear(h, self.U.weight * self.mask))
        return torch.where(torch.remainder(t, self.period) == 0, new, h), t.round() + 1


class Skipping(Cell):
    """Campos et al. 2018: whether to update is rounded, and its gradient goes straight through."""

    states = ("h", "u")

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.cell = nn.GRUCell(input_size, hidden_size)
        self.p = nn.Linear(hidden_size, 1)

    def initial(self, batch: int) -> States:
        return self.p.weight.new_zeros(batch, self.hidden_size), self.p.weight.new_ones(batch, 1)

    def step(self, x: Tensor, h: Tensor, u: Tensor) -> States:
        u = torch.sigmoid(u)
        hard = u + (torch.round(u) - u).detach()
        h = hard * self.cell(x, h) + (1 - hard) * h
        more = torch.sigmoid(self.p(h))
        return h, hard * more + (1 - hard) * (u + torch.minimum(more, 1 - u))


class Mixing(Cell):
    """RWKV of Peng et al. 2023: time mixing with the input before, and a stabilised average."""

    states = ("o", "before", "a", "b", "p")

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.key, self.value, self.receptance = (nn.Linear(input_size, hidden_size, bias=False) for _ in range(3))
        self.mix = nn.Parameter(torch.rand(3, input_size))
        self.decay, self.first = nn.Parameter(torch.randn(hidden_size)), nn.Parameter(torch.randn(hidden_size))

    def initial(self, batch: int) -> States:
        zeros, width = self.decay.new_zeros, self.hidden_size
        narrow = zeros(batch, self.input_size)
        return zeros(batch, width), narrow, zeros(batch, width), zeros(batch, width), zeros(batch, width) - 1e2

    def step(self, x: Tensor, _o: Tensor, before: Tensor, a: Tensor, b: Tensor, p: Tensor) -> States:
        k, v, r = (
            to(x * mix + before * (1 - mix))
            for to, mix in zip((self.key, self.value, self.receptance), self.mix, strict=True)
        )
        q = torch.maximum(p, self.first + k)
        old, new = torch.exp(p - q), torch.exp(self.first + k - q)
        read = (old * a + new * v) / (1 + (old * b + new).abs())
        q = torch.maximum(p - torch.exp(self.decay), k)
        old, new = torch.exp(p - torch.exp(self.decay) - q), torch.exp(k - q)
        return torch.sigmoid(r) * read, x, old * a + new * v, old * b + new, q


class Logarithms(Cell):
    """minGRU of Feng et al. 2024, in logarithms."""

    states = ("h", "log_h")

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.z, self.v = nn.Linear(input_size, hidden_size), nn.Linear(input_size, hidden_size)

    def step(self, x: Tensor, _h: Tensor, log_h: Tensor) -> States:
        k, v = self.z(x), self.v(x)
        log_v = torch.where(v >= 0, (functional.relu(v) + 0.5).log(), -functional.softplus(-v))
        log_h = torch.logaddexp(log_h - functional.softplus(k), log_v - functional.softplus(-k))
        return log_h.exp(), log_h


class Differential(Cell):
    """A GRU as a differential equation (De Brouwer et al. 2019), by the midpoint rule."""

    def __init__(self, input_size: int, hidden_size: int, dt: float = 0.5) -> None:
        super().__init__(input_size, hidden_size)
        self.r, self.z, self.g = (Gate(input_size, hidden_size) for _ in range(3))
        self.dt = dt

    def slope(self, x: Tensor, h: Tensor) -> Tensor:
        """The derivative of the state with respect to time."""
        update = 1 - torch.sigmoid(self.z(x, h))
        return update * (torch.tanh(self.g(x, torch.sigmoid(self.r(x, h)) * h)) - h)

    def step(self, x: Tensor, h: Tensor) -> Tensor:
        return h + self.dt * self.slope(x, h + 0.5 * self.dt * self.slope(x, h))


class Reservoir(Cell):
    """Jaeger 2001: only what is read from it is learnt; a gated linear unit reads."""

    states = ("y", "r")

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.w_in, self.w = nn.Linear(input_size, hidden_size), nn.Linear(hidden_size, hidden_size, bias=False)
        self.norm, self.out = nn.RMSNorm(hidden_size), nn.Linear(hidden_size, 2 * hidden_size)
        for parameter in (*self.w_in.parameters(), *self.w.parameters()):
            parameter.requires_grad_(requires_grad=False)

    def step(self, x: Tensor, _y: Tensor, r: Tensor) -> States:
        r = 0.7 * r + 0.3 * torch.tanh(self.w_in(x) + self.w(r))
        return functional.glu(self.out(self.norm(r)), dim=-1), r


CELLS = [value for value in list(globals().values()) if isinstance(value, type) and issubclass(value, Cell)][1:]
