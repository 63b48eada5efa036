"""Steps of every kind that people write: the kernel gives what the loop gives, outputs and all gradients."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import torch
from kernels import assert_same, kernel, shaken
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrizations

from harness import Cell, Gate, HarnessError, NotSupportedError, States
from harness.modeling.engine.form.operators import OPERATORS
from harness.modeling.engine.native import build
from harness.modeling.engine.native.products import products
from harness.modeling.engine.planning.plan import Plan
from harness.modeling.engine.planning.split import split
from harness.modeling.engine.running.kernel import Kernel
from harness.modeling.engine.tracing.trace import trace
from harness.modeling.recurrence import Recurrence, loop

if TYPE_CHECKING:
    from collections.abc import Callable

INPUT, HIDDEN = 3, 6


class Free(Cell):
    """A cell whose step is given, with some weights to use."""

    def __init__(self, step: Callable[..., object], states: int) -> None:
        super().__init__(INPUT, HIDDEN)
        torch.manual_seed(0)
        self.given = step
        self.count = states
        self.kept: dict[str, Tensor]
        self.seen: list[Tensor]
        self.W = nn.Linear(INPUT, HIDDEN)
        self.U = nn.Linear(HIDDEN, HIDDEN, bias=False)
        self.V = nn.Linear(HIDDEN, HIDDEN)
        self.joined = nn.Linear(INPUT + HIDDEN, 4 * HIDDEN)
        self.gate = Gate(INPUT, HIDDEN, 3 * HIDDEN)
        self.u = nn.Parameter(torch.randn(HIDDEN))
        self.scalar = nn.Parameter(torch.tensor(0.7))
        self.one = nn.Parameter(torch.tensor([0.3]))
        self.low = nn.Parameter(torch.randn(HIDDEN, 2) / 2)
        self.cube = nn.Parameter(torch.randn(2, 3, 3) / 2)
        self.small = nn.Linear(3, 3)
        self.both = nn.Bilinear(INPUT, HIDDEN, HIDDEN)
        self.norm = nn.LayerNorm(HIDDEN)
        self.groups = nn.GroupNorm(2, HIDDEN)
        self.torch_lstm = nn.LSTMCell(INPUT, HIDDEN)
        self.torch_gru = nn.GRUCell(INPUT, HIDDEN)
        self.wide_norm = nn.LayerNorm(4 * HIDDEN)
        self.register_buffer("mask", torch.tensor([1.0, 0.0, 1.0, 1.0, 0.0, 1.0]))

    def initial(self, batch: int) -> States:
        return tuple(self.u.new_zeros(batch, HIDDEN) for _ in range(self.count))

    def step(self, x: Tensor, *states: Tensor) -> object:
        return self.given(self, x, *states)


def _mixed(h: Tensor, s: Tensor) -> Tensor:
    """Products and a sum, which a compiler joins here and not there, so that it rounds in two ways."""
    return torch.sigmoid(h) * torch.tanh(s) + (1 - torch.sigmoid(h)) * s


def _largest(a: Tensor) -> Tensor:
    return a.amax(1, keepdim=True)


def _only(a: Tensor) -> Tensor:
    return a * (a == _largest(a))


def _within(a: Tensor) -> Tensor:
    return a * ((a >= _largest(a)) & (a <= _largest(a)))


def _below(a: Tensor) -> Tensor:
    return torch.relu(_largest(a) - a)


def lstm_of_one_linear(c: Free, x: Tensor, h: Tensor, s: Tensor) -> States:
    i, f, g, o = c.joined(torch.cat([x, h], 1)).chunk(4, 1)
    s = torch.sigmoid(f) * s + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(s), s


def layer_norm_lstm(c: Free, x: Tensor, h: Tensor, s: Tensor) -> States:
    i, f, g, o = c.wide_norm(c.joined(torch.cat([x, h], 1))).chunk(4, 1)
    s = torch.sigmoid(f) * s + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c.norm(s)), s


def highway(c: Free, x: Tensor, h: Tensor) -> Tensor:
    t = torch.sigmoid(c.W(x) + c.U(h))
    h = h * (1 - t) + torch.tanh(c.W(x) + c.V(h)) * t
    t = torch.sigmoid(c.V(h))
    return h * (1 - t) + torch.tanh(c.U(h)) * t


def halves(c: Free, x: Tensor, h: Tensor) -> Tensor:
    a, b = h[:, :2], h[:, 2:]
    return torch.tanh(torch.cat([b, a], 1) * c.u + c.W(x))


def four_states(c: Free, x: Tensor, h: Tensor, a: Tensor, b: Tensor, d: Tensor) -> States:
    h = torch.tanh(c.W(x) + c.U(a) + 0.5 * d)
    return h, b, torch.sigmoid(h + a), d * 0.9 + h


def antisymmetric(c: Free, x: Tensor, h: Tensor) -> Tensor:
    return h + 0.1 * torch.tanh(h @ (c.U.weight - c.U.weight.t() - 0.01 * torch.eye(HIDDEN).to(h)) + c.W(x))


def changed_in_place(c: Free, x: Tensor, h: Tensor) -> Tensor:
    a = c.W(x) + c.U(h)
    a.mul_(c.u).add_(1.5)
    return a.tanh_()


def changed_parts(c: Free, x: Tensor, h: Tensor) -> Tensor:
    a, b, d = c.gate(x, h).unsafe_chunk(3, 1)
    a.sigmoid_()
    b.tanh_()
    return a * b + (1 - a) * h + d


def through_softmax(c: Free, x: Tensor, h: Tensor) -> Tensor:
    attention = torch.softmax(c.U(h) * 3, dim=1)
    return torch.tanh(c.W(x) + attention * h)


def normalised(c: Free, x: Tensor, h: Tensor) -> Tensor:
    h = torch.tanh(c.W(x) + c.U(h))
    return h / torch.sqrt((h * h).sum(1, keepdim=True) + 1e-3)


def gelu_and_friends(c: Free, x: Tensor, h: Tensor) -> Tensor:
    a = c.W(x) + c.U(h)
    parts = [functional.gelu(a), functional.silu(a), functional.softplus(a), functional.elu(a), functional.hardtanh(a)]
    parts += [functional.leaky_relu(a), functional.logsigmoid(a), functional.mish(a), functional.relu6(a)]
    return 0.1 * sum(parts[1:], parts[0])


def pure_numbers(c: Free, x: Tensor, h: Tensor) -> Tensor:
    a = c.W(x) + c.U(h)
    b = torch.exp(-a * a) + torch.log1p(a.abs()) + torch.sin(a) * torch.cos(h) + torch.expm1(0.1 * a)
    return torch.tanh(b / (2 + torch.erf(a)) - a.pow(3) * 0.01 + (a * a + 1).rsqrt() + (a * a + 2).pow(0.3))


def choices(c: Free, x: Tensor, h: Tensor) -> Tensor:
    a = c.W(x) + c.U(h)
    b = torch.where(a > 0, a, 0.3 * h)
    b = torch.maximum(b, h * 0.5) + torch.minimum(a, c.u) + b.clamp(-0.5, 0.7) + b.masked_fill(a < -0.2, 0.1)
    return torch.tanh(b)


def heads(h: Tensor) -> Tensor:
    return h.view(len(h), 2, 3)


def attention(c: Free, x: Tensor, h: Tensor) -> Tensor:
    """Of two heads over two rows of weights, as `torch.einsum` has it."""
    scores = torch.einsum("bki,kij->bkj", heads(c.W(x) + h), c.cube)
    shares = torch.softmax(scores, dim=1) + torch.softmax(scores, dim=-1) + torch.log_softmax(scores, 1)
    return torch.tanh(c.U(h) + torch.einsum("bkj,kji->bki", shares, c.cube.mT).reshape(h.shape))


def fast_weights(c: Free, x: Tensor, h: Tensor) -> Tensor:
    """A matrix of two keys and three values is read and written (Schmidhuber 1992)."""
    matrix, key = heads(h), torch.softmax(c.W(x)[:, :2], 1)
    read = torch.bmm(key.unsqueeze(1), matrix).squeeze(1)
    return (matrix + key[:, :, None] * torch.tanh(c.W(x)[:, 3:] - read)[:, None, :]).flatten(1)


def likeness(c: Free, x: Tensor, h: Tensor) -> Tensor:
    """Two heads look at each other: sums over 24 columns, and over two heads."""
    long = h.repeat(1, 8).view(len(h), 2, 24)
    shares = torch.softmax(torch.bmm(long, long.mT), -1)
    return torch.tanh(c.W(x) + (shares @ long).flatten(1)[:, 20:26])


def self_attention(c: Free, x: Tensor, h: Tensor) -> Tensor:
    """Columns are read alone after they were read beside others."""
    own = h.view(len(h), 3, 2)
    shares = torch.softmax(own @ torch.tanh(own).mT, -1)
    return 0.5 * h + 0.4 * torch.tanh(c.W(x) + torch.bmm(shares, own).flatten(1))


def turned(c: Free, x: Tensor, h: Tensor) -> Tensor:
    """Pairs of columns turned by an angle, as in unitary networks."""
    real, imaginary = heads(h.view(-1, 3, 2).transpose(1, 2).reshape(h.shape)).unbind(1)
    cosine, sine = torch.cos(c.u[:3]), torch.sin(c.u[:3])
    pairs = torch.stack([real * cosine - imaginary * sine, real * sine + imaginary * cosine], dim=-1)
    return torch.tanh(c.W(x) + pairs.flatten(1))


def long(a: Tensor, width: int = 20) -> Tensor:
    """More columns than the engine has blocks."""
    return a.repeat(1, width)[:, :width]


def long_matrix(a: Tensor, b: Tensor) -> Tensor:
    return long(a, 17)[:, :, None] * torch.sin(long(b)[:, None])


IN_BLOCKS: dict[str, tuple[int, Callable[..., object]]] = {
    "sums over indices": (1, lambda c, x, h: torch.tanh(c.W(x) + torch.einsum("bi,ij->bj", h, c.U.weight))),
    "from the left": (1, lambda c, x, h: torch.tanh(c.W(x) + (c.U.weight @ h.t()).t())),
    "heads": (1, attention),
    "fast weights": (1, fast_weights),
    "running sums over heads": (
        1,
        lambda c, x, h: torch.tanh(c.W(x) + heads(c.U(h)).cumsum(1).flatten(1) + c.u * heads(h).cumsum(2).flatten(1)),
    ),
    "a bilinear map": (1, lambda c, x, h: torch.tanh(c.both(x, h) + c.W(x))),
    "a long bilinear map": (
        1,
        lambda c, x, h: torch.tanh(
            c.W(x)
            + functional.bilinear(long(h), long(x, 18), c.u.repeat(3)[:17, None, None].expand(17, 20, 18))[:, 4:10]
        ),
    ),
    "attention, to nothing at times": (
        1,
        lambda c, x, h: torch.tanh(
            c.W(x)
            + functional.scaled_dot_product_attention(
                heads(c.U(h)),
                heads(h),
                heads(c.V(h)),
                torch.where(heads(h)[:, :, :1] > 0, -torch.inf, heads(h)[:, :, 1:]),
            ).flatten(1)
        ),
    ),
    "matrices added to products": (
        1,
        lambda c, x, h: torch.tanh(
            c.W(x) + torch.baddbmm(heads(h), heads(c.U(h)) @ heads(h).mT, heads(h), beta=0.5, alpha=-1).flatten(1)
        ),
    ),
    "a long matrix": (
        1,
        lambda c, x, h: torch.tanh(c.W(x) + (long_matrix(c.U(h), h) @ long(c.V(h))[:, :, None]).sum(2)[:, 3:9]),
    ),
    "a long matrix transposed": (
        1,
        lambda c, x, h: torch.tanh(
            c.W(x)
            + (long_matrix(h, x).mT * long(h, 17)[:, None]).sum(1)[:, :HIDDEN]
            + (long_matrix(h, x)[:, :, 1:18] + long_matrix(x, h).mT[:, :17]).mean(2)[:, 17 - HIDDEN :]
        ),
    ),
    "rows of a long matrix": (
        1,
        lambda c, x, h: torch.tanh(
            c.W(x)
            + long_matrix(h, c.U(h))[:, 5, 1:7] * c.u
            - long_matrix(h, h)[:, :, -2].sum(1, keepdim=True)
            + torch.sin(long_matrix(h, x)).chunk(2, 2)[0].flatten(1)[:, ::30][:, :HIDDEN]
        ),
    ),
    "a long matrix of short rows": (
        1,
        lambda c, x, h: torch.tanh(
            c.W(x)
            + (long_matrix(c.U(h), h)[:, :, 2:12] * long(c.V(h), 10)[:, None]).sum(1)[:, :HIDDEN]
            + long_matrix(h, x)[:, :, :9].cumsum(2).mean(2)[:, :HIDDEN]
            - (long_matrix(h, x)[:, :, :9].cumsum(1) + long_matrix(h, h)[:, :, 3:12]).amax(1)[:, 3:]
        ),
    ),
    "means and largest of a long matrix": (
        1,
        lambda c, x, h: torch.tanh(
            c.W(x)
            + long_matrix(h, x).mean(1)[:, :HIDDEN] * long_matrix(x, h).mean(2)[:, :HIDDEN].exp()
            - long_matrix(c.U(h), h).amax(1)[:, :HIDDEN] * long_matrix(h, h).amax(-1)[:, :HIDDEN]
        ),
    ),
    "all of a long matrix": (
        1,
        lambda c, x, h: torch.tanh(
            c.W(x)
            + (long_matrix(c.U(h), h) * c.u.repeat(6)[:20] + c.u[:1] * torch.arange(17.0)[:, None]).mean((1, 2))[
                :, None
            ]
            + long_matrix(h, h).amax((1, 2))[:, None] * h
        ),
    ),
    "numbers beside heads": (
        1,
        lambda c, x, h: torch.tanh(
            c.W(x)
            + torch.where(heads(h) > 0, heads(h), torch.full_like(heads(h), 0.2)).flatten(1)
            + torch.cat([torch.zeros_like(heads(h)[:, :1]), heads(h)[:, :1] + c.u.view(2, 3).expand(len(x), 2, 3)], 1)
            .sum(1)
            .repeat(1, 2)
        ),
    ),
    "a number a row beside heads": (
        1,
        lambda c, x, h: torch.tanh(c.W(x) + (heads(h).sum((1, 2))[:, None, None] * heads(h)).flatten(1)),
    ),
    "columns of heads by their numbers": (
        1,
        lambda c, x, h: torch.tanh(
            c.W(x)
            + heads(c.U(h))[..., [-1, 0, 1]].flatten(1)
            + torch.index_select(heads(h), 1, torch.tensor([1, 1])).sum(1).repeat(1, 2)
        ),
    ),
    "a stack of many": (
        1,
        lambda c, x, h: torch.tanh(
            c.W(x) + torch.stack([h[:, :2] * (0.1 * k) for k in range(20)], 1).amax(1).repeat(1, 3)
        ),
    ),
    "turned pairs": (1, turned),
    "likeness": (1, likeness),
    "self-attention": (1, self_attention),
    "a stack": (1, lambda c, x, h: torch.tanh(torch.stack([c.W(x), c.U(h), h]).mean(0))),
    "a stack of columns": (1, lambda c, x, h: torch.tanh(torch.stack([c.W(x), c.U(h)], -1).amax(-1))),
    "a linear map of heads": (1, lambda c, x, h: torch.tanh(c.W(x) + c.small(heads(h)).flatten(1))),
    "normalised heads": (
        1,
        lambda c, x, h: torch.tanh(c.W(x) + functional.layer_norm(heads(h), (3,), c.u[:3]).view(-1, 6)),
    ),
    "weights of heads": (1, lambda c, x, h: torch.tanh(c.W(x) + (heads(h) * c.cube[:, :, 0] + c.u[:3]).flatten(1))),
    "an outer product": (1, lambda c, x, h: torch.tanh((c.W(x)[:, :, None] * c.U(h)[:, None, :]).sum(2) + h)),
    "heads cut and joined": (
        1,
        lambda c, x, h: (
            torch.tanh(c.W(x) + torch.cat([heads(h)[:, 1:], heads(h)[:, :1]], 1).flatten(1))
            + torch.cat([heads(h)[..., 1:], heads(h)[..., :1]], -1).reshape(-1, 6)
        ),
    ),
    "functions of heads": (
        1,
        lambda c, x, h: (
            torch.tanh(c.W(x) + functional.logsigmoid(functional.silu(heads(h)) * heads(c.W(x))).flatten(1))
            * (heads(h).std(-1, keepdim=True) + heads(h).norm(dim=1, keepdim=True)).clamp(max=2).view(-1, 6)
        ),
    ),
}
STEPS: dict[str, tuple[int, Callable[..., object]]] = {
    "vanilla": (1, lambda c, x, h: torch.tanh(c.W(x) + c.U(h))),
    "one linear": (2, lstm_of_one_linear),
    "layer norm": (2, layer_norm_lstm),
    "layer norm of a state": (1, lambda c, x, h: torch.tanh(c.norm(c.W(x) + c.U(h)))),
    "pointwise recurrence": (1, lambda c, x, h: torch.relu(c.W(x) + c.u * h)),
    "highway of depth two": (1, highway),
    "low rank": (1, lambda c, x, h: torch.tanh(c.W(x) + h @ c.low @ c.low.t())),
    "antisymmetric": (1, antisymmetric),
    "a weight used twice": (1, lambda c, x, h: torch.tanh(c.W(x) + c.U(torch.tanh(c.U(h))))),
    "a scalar parameter": (1, lambda c, x, h: torch.tanh(c.scalar * c.W(x) + c.one * c.U(h) + c.scalar)),
    "a buffer": (1, lambda c, x, h: torch.tanh(c.W(x) + c.U(h * c.mask))),
    "linear": (1, lambda c, x, h: c.W(x) + c.V(h)),
    "a leak": (1, lambda c, x, h: torch.lerp(h, torch.tanh(c.W(x) + c.U(h)), 0.3)),
    "multiplicative": (1, lambda c, x, h: torch.tanh(c.W(x) + c.V(c.W(x) * c.U(h)))),
    "gates of x alone": (1, lambda c, x, h: torch.sigmoid(c.W(x)) * h + torch.tanh(c.W(x) * 2)),
    "nonlinear in x": (1, lambda c, x, h: torch.tanh(c.U(h) + torch.softmax(c.W(x), 1) * c.norm(c.W(x)))),
    "x only": (1, lambda c, x, _h: torch.tanh(c.W(x))),
    "delay line": (3, lambda c, x, h, p, q: (torch.tanh(c.W(x) + c.U(q)), h, p)),
    "one state twice": (2, lambda c, x, h, s: (torch.tanh(c.W(x) + c.U(s)) + h,) * 2),
    "overlapping slices": (1, lambda c, x, h: torch.tanh(torch.cat([h[:, 1:4] + h[:, :3], h[:, 3:]], 1) + c.W(x))),
    "halves": (1, halves),
    "four states": (4, four_states),
    "in place": (1, changed_in_place),
    "softmax": (1, through_softmax),
    "normalised rows": (1, normalised),
    "largest of a row": (1, lambda c, x, h: torch.tanh(c.W(x) + c.U(h) - h.amax(1, keepdim=True))),
    "mean of a row": (1, lambda c, x, h: torch.tanh(c.W(x) + c.U(h) - h.mean(1, keepdim=True))),
    "row sums without a dimension": (1, lambda c, x, h: torch.tanh(c.W(x) + c.U(h) * h.sum(1).unsqueeze(1))),
    "log softmax": (1, lambda c, x, h: torch.tanh(c.W(x) + torch.log_softmax(c.U(h), -1))),
    "activations": (1, gelu_and_friends),
    "functions": (1, pure_numbers),
    "choices": (1, choices),
    "detached": (1, lambda c, x, h: torch.tanh(c.W(x) + c.U(h.detach()) + 0.5 * h)),
    "numbers from nothing": (
        1,
        lambda c, x, h: torch.tanh(c.W(x) + c.U(h) + torch.ones_like(h) - h.new_zeros(len(h), HIDDEN)),
    ),
    "a row of the state": (1, lambda c, x, h: torch.tanh(c.W(x) + h[:, 2:3] * c.U(h) + h[:, 0].unsqueeze(1))),
    "joined with parameters": (
        1,
        lambda c, x, h: torch.tanh(c.joined(torch.cat([x, c.u.expand(len(x), HIDDEN)], 1))[:, :HIDDEN] + c.U(h)),
    ),
    "divided": (1, lambda c, x, h: c.W(x) / (1 + h.abs()) + 1 / (2 + torch.sigmoid(c.U(h)))),
    "joined products": (
        1,
        lambda c, x, h: torch.tanh(c.W(x) + c.U(h) * torch.sigmoid(c.V(h)) + c.gate(x, h)[:, :HIDDEN]),
    ),
    "largest of a mixture": (2, lambda c, x, h, s: (torch.tanh(c.W(x) + _largest(_mixed(h, s)) * c.u), c.U(h))),
    "none but the largest": (2, lambda c, x, h, s: (torch.tanh(c.W(x) + _only(_mixed(h, s))), torch.tanh(c.U(h)))),
    "largest of a mixture with one number": (
        2,
        lambda c, x, h, s: (
            torch.tanh(c.W(x) + _largest(_mixed(h, s[:, :1])) * c.u),
            torch.tanh(_mixed(h, s[:, :1]) @ c.U.weight),
        ),
    ),
    "within bounds that are the largest": (
        2,
        lambda c, x, h, s: (torch.tanh(c.W(x) + _within(_mixed(h, s))), torch.tanh(c.U(h))),
    ),
    "below the largest": (2, lambda c, x, h, s: (torch.tanh(c.W(x) + _below(_mixed(h, s))), torch.tanh(c.U(h)))),
    "an LSTM cell of torch.nn": (2, lambda c, x, h, s: c.torch_lstm(x, (h, s))),
    "a GRU cell of torch.nn": (1, lambda c, x, h: c.torch_gru(x, h)),
    "parts changed in place": (1, changed_parts),
    "a gated linear unit": (1, lambda c, x, h: 0.5 * h + functional.glu(c.gate(x, h)[:, HIDDEN:], dim=-1)),
    "groups normalised": (1, lambda c, x, h: torch.tanh(c.groups(c.W(x) + c.U(h)))),
    "rolled": (1, lambda c, x, h: torch.tanh(c.W(x) + c.u * h.roll(1, 1) + h.roll(-2, dims=-1) - h.roll(0, 1))),
    "a vector of weights": (1, lambda c, x, h: torch.tanh(c.W(x) + c.U(h) * (h @ c.u)[:, None])),
    "logarithms added": (1, lambda c, x, h: torch.logaddexp(c.W(x), 0.5 * h - functional.softplus(c.U(h)))),
    "a leak that is learnt": (1, lambda c, x, h: functional.prelu(c.W(x) + c.U(h), c.one).atan()),
    "a counter": (
        2,
        lambda c, x, h, t: (torch.where(t % (1 + c.one.abs()) < 1, torch.tanh(c.W(x) + c.U(h)), h), t.round() + 1),
    ),
    "a weight that is solved for": (
        1,
        lambda c, x, h: torch.tanh(c.W(x) + h @ torch.linalg.solve(3 + c.U.weight.triu(), c.V.weight)),
    ),
    "running sums": (
        1,
        lambda c, x, h: torch.tanh(c.W(x).cumsum(1) + c.u * torch.cumsum(torch.tanh(c.U(h)), -1)[:, :1] - h.cumsum(1)),
    ),
    "running sums of parts": (
        2,
        lambda c, x, h, s: (
            torch.tanh(c.W(x) + torch.cat([h[:, 1:4].cumsum(1), (s + h).cumsum(1)[:, :3]], 1)),
            0.3 * torch.ones_like(s).cumsum(1) * h.sum(1, keepdim=True).expand_as(s).cumsum(1) - c.U(s).cumsum(1),
        ),
    ),
    "columns that lie apart": (
        1,
        lambda c, x, h: torch.tanh(
            c.W(x) + c.u * torch.cat([h[:, ::2], c.U(h)[:, 1::2]], 1) + h[:, 1::4].sum(1)[:, None]
        ),
    ),
    "columns by their numbers": (
        2,
        lambda c, x, h, s: (
            torch.tanh(c.W(x)[:, [0, 0, 3, -1, 2, 2]] + c.U(h[:, torch.tensor([5, 3, 1, 0, 2, 4])])),
            torch.index_select(torch.tanh(c.V(s)), 1, torch.arange(HIDDEN) // 2) * h[:, [4]],
        ),
    ),
    "turned round": (1, lambda c, x, h: torch.tanh(c.W(x).flip(1) + c.u * c.U(h).flip(-1) - x.flip(1)[:, :1])),
    "padded": (
        1,
        lambda c, x, h: torch.tanh(
            c.W(x) + c.U(h) + functional.pad(h, (2, -2)) - functional.pad(h, (-1, 1), value=0.5)
        ),
    ),
    "each several times": (1, lambda c, x, h: torch.tanh(c.W(x) + c.U(h)[:, 1:4].repeat_interleave(2, 1))),
    "many terms": (1, lambda c, x, h: torch.tanh(sum((0.1 * k * c.U(h + k) for k in range(1, 16)), c.W(x)))),
}


@pytest.mark.parametrize("batch", [1, 5])
@pytest.mark.parametrize("name", STEPS | IN_BLOCKS)
@pytest.mark.parametrize("engine", ["native", "torch"])
def test_it_gives_what_the_loop_gives(engine: str, name: str, batch: int) -> None:
    states, step = (STEPS | IN_BLOCKS)[name]
    cell = shaken(Free(step, states))
    made = kernel(cell, engine)
    for made.piece in (1, 3, None):
        assert_same(cell, made, batch=batch)
    assert_same(cell, made, time=1, batch=batch)
    assert_same(cell, made, time=3, batch=32 + batch)  # of so many rows some products are joint


@pytest.mark.parametrize(
    ("step", "width"),
    [
        (lambda c, x, h: torch.sigmoid(c.W(x)) * h + torch.tanh(c.W(x) * 2), HIDDEN),
        (lambda c, x, h: functional.hardswish(c.W(x)) + c.u * h, HIDDEN),  # of W x and of W x + 3
        (lambda c, x, h: torch.softmax(c.W(x), 1) * h + c.gate(x, h)[:, :HIDDEN], 4 * HIDDEN),
    ],
)
def test_of_the_input_only_products_are_made_outside_of_the_compiled_loop(
    step: Callable[..., object], width: int
) -> None:
    (leaf,) = Plan(split(trace(Free(step, 1)), inside=True)).leaves
    assert (leaf.op, leaf.width) == ("linear", width)


def test_normalised_weights_are_derived_once_and_get_their_gradients() -> None:
    cell = Free(lambda c, x, h: torch.tanh(c.W(x) + c.U(h)), 1)
    parametrizations.weight_norm(cell.U)
    parametrizations.orthogonal(cell.V)
    cell.given = lambda c, x, h: torch.tanh(c.W(x) + c.U(h) + c.V(h))
    assert_same(shaken(cell), kernel(cell))


def stops_gradients(c: Free, x: Tensor, h: Tensor) -> Tensor:
    with torch.no_grad():
        gate = torch.sigmoid(c.U(h))
    return gate * h + (1 - gate) * c.W(x)


def writes_a_column(c: Free, x: Tensor, h: Tensor) -> Tensor:
    a = torch.tanh(c.W(x) + c.U(h))
    a[:, 0] = 0.5
    return a


def reads_what_a_part_changed(c: Free, x: Tensor, h: Tensor) -> Tensor:
    a = c.W(x) + c.U(h)
    a[:, :2].mul_(2)
    return torch.tanh(a)


def changes_heads_in_place(c: Free, x: Tensor, h: Tensor) -> Tensor:
    return torch.tanh(c.W(x) + heads(h).clone().mul_(2).flatten(1))


def changes_what_a_stack_was_made_of(c: Free, x: Tensor, h: Tensor) -> Tensor:
    a = c.W(x) + c.U(h)
    before = a[:, None, None].sum(1)
    a.mul_(2)
    return torch.tanh(a + before.flatten(1))


@pytest.mark.filterwarnings("ignore:Free runs without")
@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (lambda c, x, h: functional.dropout(torch.tanh(c.W(x) + c.U(h))), "draws random numbers"),
        (lambda c, x, h: torch.tanh(c.W(x) + h @ h.t() @ h), "multiplies states with each other"),
        (lambda c, x, h: torch.tanh(c.W(x) + c.U(h)).cumprod(1), "no rule for (cumprod)"),
        (lambda c, x, h: torch.tanh(c.W(x) + c.U(h) / len(x)), "depends on the size of the batch"),
        (lambda c, x, h: torch.tanh(c.W(x) + c.U(h) - h.mean(0, keepdim=True)), "across the rows"),
        (lambda c, x, h: torch.tanh(c.W(x)) if h[0, 0] > 0 else c.U(h), "across the rows"),
        (lambda c, x, h: c.W(x) if h.sum() > 0 else c.U(h), "(sum: of all rows at once: give the dimension"),
        (lambda c, x, h: torch.tanh(c.W(x).double()).to(h), "computes in float64"),
        (lambda c, x, h: c.W(x) + h[:, (c.U(h)[0] > 0).nonzero().flatten()].sum(1, keepdim=True), "across the rows"),
        (lambda c, x, h: c.W(x) + h[:, c.u > 0].sum(1, keepdim=True), "something else than a list of their numbers"),
        (lambda c, x, h: c.W(x) + h[torch.arange(len(x) - 1, -1, -1)], "across the rows"),
        (lambda c, x, h: c.W(x) + h.flip(0), "across the rows"),
        (lambda c, x, h: c.W(x) + functional.cosine_similarity(c.U(h), h)[:, None], "functional.normalize both"),
        (
            lambda c, x, h: c.W(x) + (h.view(-1, 2, 3, 1, 1) * h.view(-1, 1, 1, 2, 3)).sum((1, 2, 3)).repeat(1, 2),
            "more than three dimensions beside",
        ),
        (lambda c, x, h: c.W(x) + heads(h).sum((0, 1)).repeat(2), "across the rows"),
        (
            lambda c, x, h: c.W(x) + h.repeat(1, 60).view(-1, 20, 18).cumsum(1)[:, 2, :HIDDEN],
            "more than 16 numbers in two directions (cumsum)",
        ),
        (lambda c, x, h: c.W(x) + (long_matrix(h, h) @ long_matrix(h, h).mT)[:, 2, :HIDDEN], "makes 17 blocks of one"),
        (changes_heads_in_place, "changes a tensor of more than two dimensions in place"),
        (lambda c, x, h: c.W(x) + (torch.arange(len(x)).view(-1, 1, 1) * heads(h)).flatten(1), "that is no row"),
        (changes_what_a_stack_was_made_of, "uses a tensor of which it has changed a part in place"),
        (stops_gradients, "detach() does so for one tensor"),
        (writes_a_column, "torch.cat or torch.where"),
        (reads_what_a_part_changed, "uses a tensor of which it has changed a part in place"),
        (lambda c, x, h: h * 0 if len(x) == 1 else h + c.W(x), "differs from its step: "),
    ],
)
def test_what_it_cannot_take_runs_in_the_loop_with_the_reason(step: Callable[..., object], reason: str) -> None:
    choice = Recurrence(Free(step, 1)).choice()
    assert choice.engine == "loop"
    assert reason in choice.reason


def test_what_a_step_keeps_in_a_dictionary_or_a_list_is_put_back_after_a_trace() -> None:
    def step(c: Free, x: Tensor, h: Tensor) -> Tensor:
        c.kept.setdefault("first", h.detach())
        c.seen.append(h.detach())
        return torch.tanh(c.W(x) + c.U(h) + c.kept["first"])

    cell = Free(step, 1)
    cell.kept, cell.seen = {}, []
    assert Recurrence(cell).choice().engine == "loop"
    assert (cell.kept, cell.seen) == ({}, [])


def assert_found_out(cell: Recurrence) -> None:
    """Neither engine's kernel is used, and both are told of."""
    with (
        pytest.warns(UserWarning, match="runs without the native engine: what was compiled differs from its step"),
        pytest.warns(UserWarning, match="runs without the torch engine"),
    ):
        assert cell.choice().engine == "loop"


def test_a_wrong_kernel_is_found_out_and_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = replace(OPERATORS["sin"], derivative=lambda g, n, d: (g.mul(d, g.apply("sin", n.args[0])),))
    monkeypatch.setitem(OPERATORS, "sin", wrong)
    cell = Recurrence(Free(lambda c, x, h: torch.sin(c.W(x) + 0.123 * c.U(h)), 1))
    assert_found_out(cell)
    x = torch.randn(4, 2, INPUT)
    torch.testing.assert_close(cell(x, cell.initial(2))[0], loop(cell.cell, x, cell.initial(2))[0], rtol=0, atol=0)


@pytest.mark.parametrize("what", ["a whole", "pieces", "unit vectors", "other inputs", "a single row", "several rows"])
def test_a_kernel_that_loses_gradients_only_of_some_is_found_out(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = Kernel.backward

    def lost(kernel: Kernel, x: Tensor, hot: Tensor | None, *more: Any, to_input: bool) -> tuple[object, ...]:
        given = {
            "a whole" if kernel.piece is None else "pieces",
            "unit vectors" if hot is not None else "other inputs",
            "a single row" if x.shape[1] == 1 else "several rows",
        }
        to_x, to_states, to_values = right(kernel, x, hot, *more, to_input=to_input)
        return to_x, to_states, [torch.zeros_like(found) if what in given else found for found in to_values]

    monkeypatch.setattr(Kernel, "backward", lost)
    assert_found_out(Recurrence(Free(lambda c, x, h: torch.cos(c.W(x) + 0.321 * c.U(h)), 1)))


def test_a_kernel_that_is_wrong_only_in_inference_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Kernel.forward

    def wrong(kernel: Kernel, *given: Any, keep: bool) -> tuple[Any, ...]:
        outputs, *more = right(kernel, *given, keep=keep)
        return (outputs if keep else outputs * 1.01), *more

    monkeypatch.setattr(Kernel, "forward", wrong)
    assert_found_out(Recurrence(Free(lambda c, x, h: torch.cos(c.W(x) + 0.322 * c.U(h)), 1)))


class Chaotic(Cell):
    """A wide step that amplifies rounding."""

    def __init__(self, seed: int, gain: float) -> None:
        super().__init__(INPUT, 400)
        torch.manual_seed(seed)
        self.W, self.U, self.V = nn.Linear(INPUT, 400), nn.Linear(400, 400), nn.Linear(400, 400)
        self.gain = gain

    def step(self, x: Tensor, h: Tensor) -> Tensor:
        return torch.tanh(self.W(x) + self.gain * self.U(h) * self.V(h))


@pytest.mark.parametrize("gain", [1.0, 20.0, 60.0])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_rounding_that_a_step_amplifies_is_no_mistake(dtype: torch.dtype, seed: int, gain: float) -> None:
    assert Recurrence(Chaotic(seed, gain).to(dtype)).choice().engine == "native"


def test_a_small_mistake_in_a_wide_step_is_found_out_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Kernel.forward

    def wrong(kernel: Kernel, *given: Any, keep: bool) -> tuple[Any, ...]:
        outputs, *more = right(kernel, *given, keep=keep)
        return outputs * 1.0003, *more

    monkeypatch.setattr(Kernel, "forward", wrong)
    assert_found_out(Recurrence(Chaotic(0, 1.01)))


def test_without_a_compiler_it_runs_in_torch_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    build._loaded.cache_clear()
    products.cache_clear()
    choice = Recurrence(Free(STEPS["vanilla"][1], 1)).choice()
    assert (choice.engine, choice.reason) == ("torch", "there is no C compiler (no-such-compiler)")
    with pytest.raises(NotSupportedError, match="--engine native cannot run Free: there is no C compiler"):
        Recurrence(Free(STEPS["vanilla"][1], 1), "native").choice()


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (lambda _c, _x, h: (h, h), "Free.step returned 2 states, and must return 1: h."),
        (lambda _c, _x, h: h[:, :2], 'Free.step returned shape .* for the state "h" and a batch of .*; it must be'),
        (lambda _c, _x, h: h.add_(1), "Free.step changes its inputs in place: it must make new tensors."),
    ],
)
def test_a_step_that_breaks_the_contract_is_told_in_one_sentence(step: Callable[..., object], message: str) -> None:
    with pytest.raises(HarnessError, match=message):
        Recurrence(Free(step, 1)).choice()


def test_nan_and_infinity_come_through() -> None:
    cell = shaken(Free(lstm_of_one_linear, 2))
    x = torch.zeros(4, 3, INPUT, dtype=torch.float64)
    x[1, 0, 0], x[2, 1, 1] = float("nan"), float("inf")
    own, right = (run(cell, x, cell.initial(3))[0] for run in (kernel(cell), loop))
    assert right.isnan().any()
    torch.testing.assert_close(own, right, rtol=1e-10, atol=1e-10, equal_nan=True)


def test_passes_do_not_meet() -> None:
    """Two forward passes before two backward ones, and a second backward pass through one graph."""
    cell = shaken(Free(lstm_of_one_linear, 2))
    made = kernel(cell)
    one, two = (torch.randn(6, 3, INPUT, dtype=torch.float64, requires_grad=True) for _ in range(2))

    def gradient(run: Callable[..., tuple[Tensor, States]], x: Tensor) -> Tensor:
        return torch.autograd.grad(run(cell, x, cell.initial(3))[0].square().sum(), x)[0]

    first, second = (made(cell, x, cell.initial(3))[0].square().sum() for x in (one, two))
    (of_second,) = torch.autograd.grad(second, two)
    (of_first,) = torch.autograd.grad(first, one, retain_graph=True)
    (again,) = torch.autograd.grad(first, one)
    torch.testing.assert_close(of_first, gradient(loop, one), rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(of_second, gradient(loop, two), rtol=1e-10, atol=1e-12)
    assert torch.equal(again, of_first)


@pytest.mark.parametrize("batch", [17, 35])
def test_threads_share_the_batch(batch: int) -> None:
    cell = shaken(Free(layer_norm_lstm, 2))
    threads = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        assert_same(cell, kernel(cell), batch=batch)
    finally:
        torch.set_num_threads(threads)


def test_a_second_derivative_is_refused() -> None:
    cell = shaken(Free(STEPS["vanilla"][1], 1))
    x = torch.randn(4, 2, INPUT, dtype=torch.float64, requires_grad=True)
    total = kernel(cell)(cell, x, cell.initial(2))[0].square().sum()
    with pytest.raises(RuntimeError, match="has no second derivative"):
        torch.autograd.grad(total, x, create_graph=True)
