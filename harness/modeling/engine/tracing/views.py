"""Blocks seen otherwise: in other shapes, side by side, in part, in another order."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from harness.modeling.engine.refused import refuse
from harness.modeling.engine.tracing import matrices
from harness.modeling.engine.tracing.blocks import (
    BATCH,
    BLOCK,
    INNER,
    MOST,
    ONE,
    OUTER,
    ROWS,
    WIDTH,
    Blocks,
    axes_of,
    blocks,
    crossed,
    each,
    few,
    keep_apart,
    part_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

Value = Any
"""Blocks, a tensor that depends on parameters only, or a number."""


def view(shape: Sequence[int], a: Blocks, *_: Value, **__: Value) -> Blocks:
    """The same numbers in the same order: blocks side by side are columns, and columns are cut into blocks."""
    axes = [axis for axis in a.axes if axis != ONE]
    axes = [BATCH, BLOCK, *axes[1:]] if axes[:1] == [ROWS] else axes
    have, want = [a.size(axis) for axis in axes], [size for size in shape if size != 1]
    parts: Sequence[Tensor] = a.parts
    joins = {*axes[-2:]} == {BLOCK, WIDTH} and want == [*have[:-2], have[-2] * have[-1]]
    if a.outer > 1 or matrices.becomes_a_matrix(axes, have, want):
        return matrices.view(shape, a, axes, have, want)
    if axes[-2:] == [WIDTH, BLOCK] and have != want and not joins:
        a, axes = a.turned(), [*axes[:-2], BLOCK, WIDTH]
        parts = a.parts
    if have == want:
        pass
    elif joins:
        whole = torch.cat(a.parts, 1)
        parts = [whole if axes[-1] == WIDTH else crossed(whole, len(a.parts))]
        axes = [*axes[:-2], WIDTH]
    elif BLOCK not in axes and axes[-1:] == [WIDTH] and (want[:-2], len(want)) == (have[:-1], len(have) + 1):
        if want[-2] <= MOST:
            parts, axes = torch.chunk(a.parts[0], want[-2], 1), [*axes[:-1], BLOCK, WIDTH]
        else:
            parts, axes = torch.chunk(crossed(a.parts[0], want[-2]), few(want[-1]), 1), [*axes, BLOCK]
    elif axes[:2] == [BATCH, BLOCK] and want == [have[0] * have[1], *have[2:]]:
        axes = [ROWS, *axes[2:]]
    elif axes == [BATCH, WIDTH] and want == [have[0] * have[1]]:
        parts, axes = torch.chunk(a.parts[0], few(have[1]), 1), [ROWS]
    else:
        matrices.refuse_shape(a, shape)
    return blocks(parts, matrices.with_ones(axes, shape))


def permute(_: Sequence[int], a: Blocks, dims: Sequence[int]) -> Blocks:
    """The dimensions in another order."""
    return Blocks(a.parts, tuple(a.axes[dim] for dim in dims), a.outer)


def transpose(shape: Sequence[int], a: Blocks, one: int = 0, other: int = 1) -> Blocks:
    """Two dimensions in each other's place."""
    dims = list(range(len(shape)))
    dims[one], dims[other] = dims[other], dims[one]
    return permute(shape, a, dims)


def expand(shape: Sequence[int], a: Blocks, *_: Value, **__: Value) -> Blocks:
    """Repeated where there is one."""
    axes = axes_of([a], shape)
    width = math.prod(shape[at] for at, axis in enumerate(axes) if axis in {WIDTH, OUTER, INNER})
    return each(lambda part: part.expand(len(part), width), [a], shape)


def cat(shape: Sequence[int], tensors: Sequence[Value], dim: int = 0) -> Blocks:
    """Side by side along a dimension that there is."""
    dim %= len(shape)
    axes = axes_of([value for value in tensors if isinstance(value, Blocks)], shape, dim)
    if OUTER in axes:
        return matrices.cat(shape, tensors, dim, axes)
    turned = [value.over(axes) if isinstance(value, Blocks) else value for value in tensors]
    rows = next(len(value.parts[0]) for value in turned if isinstance(value, Blocks))

    def wide(value: Value, number: int) -> Tensor:
        width = value.shape[axes.index(WIDTH)] if WIDTH in axes else 1
        found: Tensor = part_of(value, axes, number).expand(rows, width)
        return found

    if axes[dim] == BLOCK:
        few(shape[dim])
        return blocks([wide(value, at) for value in turned for at in range(value.shape[dim])], axes)
    keep_apart(axes[dim])
    count = shape[axes.index(BLOCK)] if BLOCK in axes else 1
    return blocks([torch.cat([wide(value, at) for value in turned], 1) for at in range(count)], axes)


def stack(shape: Sequence[int], tensors: Sequence[Value], dim: int = 0) -> Blocks:
    """Side by side along a new dimension."""
    dim %= len(shape)
    one = [*shape[:dim], 1, *shape[dim + 1 :]]
    return cat(shape, [view(one, value) if isinstance(value, Blocks) else value.view(one) for value in tensors], dim)


def slice_(
    _: Sequence[int], a: Blocks, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Blocks:
    """Some along a dimension, in their order."""
    chosen, axis = slice(start, end, step), a.axes[dim]
    if chosen.indices(a.shape[dim]) == (0, a.shape[dim], 1):
        return a
    if axis == BLOCK:
        return a.of(a.parts[chosen])
    keep_apart(a.axes[dim])
    if a.outer > 1 or axis == ONE:
        return index_select((), a, dim, torch.arange(a.shape[dim], device=a.parts[0].device)[chosen])
    return blocks([part[:, chosen] for part in a.parts], a.axes)


def index_select(_: Sequence[int], a: Blocks, dim: int, which: Tensor) -> Blocks:
    """Those along a dimension that numbers name."""
    axis = a.axes[dim]
    keep_apart(axis)
    if axis == BLOCK:
        numbers = torch.arange(len(a.parts) * a.parts[0].shape[1], device=which.device).view(len(a.parts), -1)[which]
        return a.of(torch.chunk(torch.cat(a.parts, 1)[:, numbers.reshape(-1)], few(len(numbers)), 1))
    if axis in {OUTER, INNER}:
        return matrices.taken(a, dim, which)
    if axis == ONE:
        count = len(which.new_zeros(1)[which])
        return a if count == 1 else expand([*a.shape[:dim], count, *a.shape[dim + 1 :]], a)
    return blocks([part[:, which] for part in a.parts], a.axes)


def index(_: Sequence[int], a: Blocks, which: Sequence[Tensor | None]) -> Blocks:
    """The same by square brackets, along one dimension."""
    given = [(dim, columns) for dim, columns in enumerate(which) if columns is not None]
    if len(given) > 1:
        refuse("its step takes columns by more than one list")
    return index_select((), a, *given[0])


def flip(_: Sequence[int], a: Blocks, dims: Sequence[int]) -> Blocks:
    """In the opposite order along some dimensions."""
    for dim in dims:
        a = index_select((), a, dim, torch.arange(a.shape[dim] - 1, -1, -1, device=a.parts[0].device))
    return a


def select(shape: Sequence[int], a: Blocks, dim: int, index: int) -> Blocks:
    """One along a dimension, which is gone then."""
    index %= a.shape[dim]
    return view(shape, slice_(shape, a, dim, index, index + 1))


def split(_: Sequence[Any], a: Blocks, size: int | Sequence[int], dim: int = 0) -> list[Blocks]:
    """In pieces along a dimension."""
    whole = a.shape[dim]
    sizes = [size] * (-(-whole // size)) if isinstance(size, int) else size
    starts = [sum(sizes[:place]) for place in range(len(sizes))]
    return [slice_((), a, dim, start, min(start + count, whole)) for start, count in zip(starts, sizes, strict=True)]


def unbind(_: Sequence[Any], a: Blocks, dim: int = 0) -> list[Blocks]:
    """Each along a dimension, which is gone then."""
    dim %= len(a.shape)
    shape = [*a.shape[:dim], *a.shape[dim + 1 :]]
    return [select(shape, a, dim, index) for index in range(a.shape[dim])]
