"""Columns that are a matrix, row by row: what torch has no operator for that knows tensors of two dimensions only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor


def _repeat(a: Tensor, times: int) -> Tensor:
    return a.repeat_interleave(times, 1)


def _tile(a: Tensor, times: int) -> Tensor:
    return a.tile((1, times))


def _sum_inner(a: Tensor, outer: int) -> Tensor:
    return a.reshape(len(a), outer, -1).sum(2)


def _amax_inner(a: Tensor, outer: int) -> Tensor:
    return a.reshape(len(a), outer, -1).amax(2)


def _sum_outer(a: Tensor, outer: int) -> Tensor:
    return a.reshape(len(a), outer, -1).sum(1)


LIBRARY = torch.library.Library("harness", "DEF")  # type: ignore[no-untyped-call]
for _function in (_repeat, _tile, _sum_inner, _amax_inner, _sum_outer):
    _name = _function.__name__.removeprefix("_")
    LIBRARY.define(f"{_name}(Tensor a, int count) -> Tensor")  # type: ignore[no-untyped-call]
    LIBRARY.impl(_name, _function, "CompositeExplicitAutograd")  # type: ignore[no-untyped-call]
_ops = torch.ops.harness
repeat = _ops.repeat.default
"""Columns (batch, outer), each as often as there are columns of the matrix: numbers that its rows have."""
tile = _ops.tile.default
"""Columns (batch, inner), as often as there are rows of the matrix: numbers that its columns have."""
sum_inner = _ops.sum_inner.default
"""The sum (batch, outer) of each row of a matrix of so many rows."""
amax_inner = _ops.amax_inner.default
"""Likewise, the largest of each."""
sum_outer = _ops.sum_outer.default
"""The sum (batch, inner) of the rows of a matrix of so many rows."""
