"""States that are a matrix for each of some heads, and what steps do with them: the engine gives what the loop does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from kernels import ENGINES, assert_same, kernel, shaken
from torch import Tensor, nn

from harness import Cell, States
from harness.modeling.engine.refused import RefusedError
from harness.modeling.engine.tracing.trace import trace

if TYPE_CHECKING:
    from collections.abc import Callable

INPUT, HIDDEN = 6, 7
SIZES = 3, 5, 4
"""Heads, keys and values."""


class Heads(Cell):
    """Whose states are h (batch, hidden), C (batch, heads, keys, values) and n (batch, heads, keys).

    A step is a function of the cell, of q and k (batch, heads, keys), v (batch, heads, values), gates (batch, heads)
    and the states; it returns what is read, (batch, heads, values), and the new C and n.
    """

    states = ("h", "C", "n")

    def __init__(self, step: Callable[..., Any], heads: int, keys: int, values: int) -> None:
        super().__init__(INPUT, HIDDEN)
        self.given, self.sizes = step, (heads, keys, values)
        self.q, self.k = nn.Linear(INPUT, heads * keys), nn.Linear(INPUT, heads * keys)
        self.v, self.gates = nn.Linear(INPUT + HIDDEN, heads * values), nn.Linear(INPUT, 2 * heads)
        self.out, self.norm = nn.Linear(heads * values, HIDDEN), nn.LayerNorm(values)
        self.of_head, self.of_all = nn.Parameter(torch.randn(heads, 1, 1)), nn.Parameter(torch.randn(keys, values))
        self.own = nn.Parameter(torch.randn(heads, keys, values))

    def initial(self, batch: int) -> States:
        """Nothing."""
        zeros, (heads, keys, values) = self.own.new_zeros, self.sizes
        return zeros(batch, HIDDEN), zeros(batch, heads, keys, values), zeros(batch, heads, keys)

    def step(self, x: Tensor, h: Tensor, C: Tensor, n: Tensor) -> States:  # noqa: N803 - as papers call it
        """What the given step says."""
        heads, keys, values = self.sizes
        q, k = self.q(x).view(-1, heads, keys), self.k(x).view(-1, heads, keys)
        v = self.v(torch.cat([x, h], 1)).view(-1, heads, values)
        read, C, n = self.given(self, q, k, v, *torch.sigmoid(self.gates(x)).chunk(2, 1), C, n)  # noqa: N806
        return torch.tanh(self.out(read.flatten(1)) + 0.1 * h), C, n


def written(k: Tensor, v: Tensor) -> Tensor:
    """The outer product of each head."""
    return k.unsqueeze(-1) * v.unsqueeze(-2)


def mlstm(_: Heads, q: Tensor, k: Tensor, v: Tensor, i: Tensor, f: Tensor, c: Tensor, n: Tensor) -> States:
    """Beck et al. 2024, with several heads."""
    c = f[:, :, None, None] * c + i[:, :, None, None] * written(k, v)
    n = f.unsqueeze(-1) * n + i.unsqueeze(-1) * k
    below = torch.maximum((n * q).sum(-1, keepdim=True).abs(), torch.ones(()))
    return torch.einsum("bhde,bhd->bhe", c, q) / below, c, n


def delta(cell: Heads, q: Tensor, k: Tensor, v: Tensor, i: Tensor, _: Tensor, c: Tensor, n: Tensor) -> States:
    """The delta rule, Schlag et al. 2021, by products of matrices."""
    k, q = torch.softmax(k, -1), torch.softmax(q, -1)
    c = c + k.unsqueeze(-1) @ (i.unsqueeze(-1) * (v - (k.unsqueeze(2) @ c).squeeze(2))).unsqueeze(2)
    return cell.norm((q.unsqueeze(2) @ c).squeeze(2)), c, n


def einsums(_: Heads, q: Tensor, k: Tensor, v: Tensor, __: Tensor, f: Tensor, c: Tensor, n: Tensor) -> States:
    """Products by the names of their dimensions, and one by a transposed matrix."""
    c = torch.einsum("bh,bhde->bhde", f, c) + torch.einsum("bhd,bhe->bhde", k, v) * 0.3
    return (c.mT @ q.unsqueeze(-1)).squeeze(-1), torch.tanh(c), n


def learnt(cell: Heads, _: Tensor, __: Tensor, ___: Tensor, i: Tensor, ____: Tensor, c: Tensor, n: Tensor) -> States:
    """Parameters of each head, of each number, and of all heads."""
    c = c * cell.of_head.sigmoid() + 0.2 * cell.own * i[:, :, None, None] + cell.of_all * 0.1
    return c.sum(2), torch.tanh(c), n + c.mean(3)


def shares(_: Heads, __: Tensor, k: Tensor, v: Tensor, ___: Tensor, ____: Tensor, c: Tensor, _n: Tensor) -> States:
    """Shares along each direction, and the largest."""
    parts = torch.softmax(c, 2) * torch.softmax(c, 1) + 0.1 * torch.log_softmax(c, -1)
    c = torch.tanh(c * 0.5 + torch.softmax(c, -1) + parts + written(k, v))
    return c.amax(2), c, c.mean((3,))


def parts(_: Heads, __: Tensor, k: Tensor, v: Tensor, ___: Tensor, ____: Tensor, c: Tensor, _n: Tensor) -> States:
    """One head, some rows, one column, some heads."""
    some = c[:, 0].unsqueeze(1) + 0.1 * c[:, :, 1:3].sum(2, keepdim=True) + c[:, 1:].sum((1,), keepdim=True)
    c = torch.tanh(c + some + c[:, :, :, 0].unsqueeze(-1) + written(k, v))
    return c.sum(2), c, c[..., -1]


def views(cell: Heads, _: Tensor, k: Tensor, v: Tensor, __: Tensor, ___: Tensor, c: Tensor, n: Tensor) -> States:
    """In rows, in rows of each head, and back."""
    heads, keys, values = cell.sizes
    again = (c.flatten(1) * 0.5).view(-1, heads, keys * values).view(-1, heads, keys, values)
    c = torch.tanh(again + c.flatten(2).sum(2)[:, :, None, None] + written(k, v))
    return c.mean((2,)), c, n + c.sum((2, 3)).unsqueeze(-1) * 0.1


def turned(_: Heads, q: Tensor, k: Tensor, v: Tensor, __: Tensor, ___: Tensor, c: Tensor, n: Tensor) -> States:
    """Dimensions in other orders."""
    other = c.permute(0, 1, 3, 2)
    c = torch.tanh(0.3 * other.mT + 0.2 * c.transpose(1, 2).transpose(1, 2) + written(k, v))
    return torch.einsum("bhed,bhd->bhe", other, q), c, n


def powers(_: Heads, __: Tensor, k: Tensor, v: Tensor, ___: Tensor, ____: Tensor, c: Tensor, n: Tensor) -> States:
    """Matrices by matrices, and norms."""
    c = torch.tanh(0.1 * ((c @ c.mT) @ c) + c / (1 + c.norm(dim=(2, 3), keepdim=True)) + written(k, v))
    return c.sum(2), c, n


def ordered(_: Heads, __: Tensor, k: Tensor, v: Tensor, ___: Tensor, ____: Tensor, c: Tensor, n: Tensor) -> States:
    """Heads, rows and columns in another order, and some of them more than once."""
    c = c.flip(2) * c[:, [0, *range(1, c.shape[1])][::-1]] - 0.3 * c.flip((1, 3))
    again = c[..., [0, 0, *range(c.shape[3] - 2)]] + torch.index_select(c, 2, torch.arange(c.shape[2]) // 2)
    c = torch.tanh(again + c[:, -1:][:, [0] * c.shape[1]] + written(k, v))
    return c.sum(2), c, n.flip(2)


def summed_up(_: Heads, __: Tensor, k: Tensor, v: Tensor, ___: Tensor, ____: Tensor, c: Tensor, n: Tensor) -> States:
    """Sums of all that is before, in each direction, and of one head."""
    c = c.cumsum(1) * c.cumsum(2) + 0.5 * c.cumsum(3) + c.mT.cumsum(2).mT * 0.1 + c[:, :1].cumsum(1) * 0.1
    return c.sum(2), torch.tanh(c + written(k, v)), n


def normed(cell: Heads, _: Tensor, k: Tensor, v: Tensor, __: Tensor, ___: Tensor, c: Tensor, n: Tensor) -> States:
    """Each row, each matrix and all of them with mean 0 and variance 1, with weights of their own."""
    norm, heads, all_ = nn.functional.layer_norm, cell.own.shape, cell.of_all
    c = norm(c + written(k, v), heads[2:]) + norm(c, heads[1:], all_, all_ * 0.2) * 0.3 + norm(c, heads, cell.own)
    return c.sum(2), torch.tanh(c), norm(n, n.shape[1:])


def joined(_: Heads, __: Tensor, k: Tensor, v: Tensor, ___: Tensor, ____: Tensor, c: Tensor, n: Tensor) -> States:
    """Heads, rows and columns beside others."""
    c = torch.cat([c[:, 1:], torch.sin(c[:, :1])], 1) + torch.cat([c[:, :, :2], c.cos()[:, :, 2:]], 2) * 0.5
    c = c + torch.cat([torch.sin(c[..., 3:]), written(k, v)[..., :3]], -1) + nn.functional.pad(c, (1, -1, 2, -2))
    return c.sum(2), torch.tanh(c), n


def merged(_: Heads, __: Tensor, k: Tensor, v: Tensor, ___: Tensor, ____: Tensor, c: Tensor, n: Tensor) -> States:
    """Rows of a batch and heads as one dimension."""
    all_ = (c + written(k, v)).flatten(0, 1)
    both = torch.cat([all_[:, 1:], all_[:, :1].sin()], 1).cumsum(2)[:, :, [*range(1, c.shape[3]), 0]]
    total = all_.sum((1, 2)).view(-1, c.shape[1])[..., None, None]
    return both.view(c.shape).sum(2), torch.tanh(both.view(c.shape) + 0.1 * total), n


def shared(cell: Heads, q: Tensor, k: Tensor, v: Tensor, _: Tensor, __: Tensor, c: Tensor, n: Tensor) -> States:
    """The same matrix for all heads, and one number of a row for all matrices of all heads."""
    of_all = written(k[:, 0], v[:, -1])
    c = torch.tanh(
        c * 0.5
        + of_all[:, None] * cell.of_head
        + of_all[:, None]
        + q[:, :1].expand(q.shape)[..., None]
        + of_all.mean((1, 2))[:, None, None, None]
    )
    return torch.cat([c[:, :1], c[:, 1:2].expand(-1, 2, -1, -1)], 1)[:, [0] * c.shape[1]].sum(2), c, n


def single(_: Heads, __: Tensor, k: Tensor, v: Tensor, ___: Tensor, ____: Tensor, c: Tensor, n: Tensor) -> States:
    """Products with one column, and parts of what has a length of 1."""
    c = torch.tanh(0.5 * c + (c @ v.unsqueeze(-1))[..., ::2] + written(k, v)[..., :1])
    return c[..., ::3].sum(2), c, c.flatten(2) * n


STEPS = [
    mlstm,
    delta,
    einsums,
    learnt,
    shares,
    parts,
    views,
    turned,
    powers,
    ordered,
    summed_up,
    normed,
    joined,
    merged,
    shared,
]


@pytest.mark.parametrize(
    ("step", "sizes"),
    [
        *((step, SIZES) for step in STEPS),
        *((step, (6, 4, 4)) for step in (einsums, joined, shared)),
        *((step, (4, 3, 1)) for step in (single, mlstm, einsums)),
        (mlstm, (2, 20, 12)),
        (delta, (1, 5, 4)),
    ],
)
@pytest.mark.parametrize("engine", ENGINES)
def test_matrices_of_heads(engine: str, step: Callable[..., Any], sizes: tuple[int, int, int]) -> None:
    torch.manual_seed(0)
    cell = shaken(Heads(step, *sizes))
    made = kernel(cell, engine)
    assert_same(cell, made)
    assert_same(cell, made, time=3, batch=33)


def test_many_heads_are_refused() -> None:
    with pytest.raises(RefusedError, match="makes 20 blocks of one tensor, and the engine takes 16"):
        trace(Heads(mlstm, 20, 3, 5))


def test_a_matrix_for_each_row_of_a_long_one_is_refused() -> None:
    def each_row(cell: Heads, *given: Tensor) -> States:
        *_, c, n = given
        c = torch.einsum("bhde,dfe->bhdf", c, cell.own[0, :, None] * cell.own[0, 0][:, None])
        return c.sum(2), torch.tanh(c), n

    with pytest.raises(RefusedError, match="multiplies each row of a matrix by a matrix of its own"):
        trace(Heads(each_row, 1, 20, 24))


class SideBySide(Cell):
    """Long matrices from many rows or columns: their sums, and one of them."""

    def __init__(self, of: str) -> None:
        super().__init__(INPUT, 10)
        self.of, self.hidden, self.input = of, nn.Linear(10, 10), nn.Linear(INPUT, 10)

    def step(self, x: Tensor, h: Tensor) -> Tensor:
        """The state, many times."""
        rows = torch.stack([h * (number + 1) / 20 for number in range(20)], 1 if self.of == "rows" else 2)
        rows = torch.cat([rows, rows.tanh()], 2)
        read = rows.sum(1)[:, 10:] + rows[:, 19, :10] if self.of == "rows" else rows.sum(2) + rows[:, :, 21]
        return torch.tanh(read + self.hidden(h) + self.input(x))


@pytest.mark.parametrize("of", ["rows", "columns"])
@pytest.mark.parametrize("engine", ENGINES)
def test_many_rows_or_columns_side_by_side_are_a_matrix(engine: str, of: str) -> None:
    torch.manual_seed(0)
    cell = shaken(SideBySide(of))
    assert_same(cell, kernel(cell, engine))
