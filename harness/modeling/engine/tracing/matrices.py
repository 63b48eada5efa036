"""Blocks whose columns are a matrix: one that is long in both directions, or those of heads that have one each."""

from __future__ import annotations

import math
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NoReturn

import torch

from harness.modeling.engine.refused import refuse
from harness.modeling.engine.tracing import primitives
from harness.modeling.engine.tracing.blocks import (
    BATCH,
    BLOCK,
    INNER,
    MOST,
    ONE,
    OUTER,
    OVER_BLOCKS,
    ROWS,
    WIDTH,
    Blocks,
    as_matrix,
    blocks,
    crossed,
    each,
    few,
    is_long,
    keep_apart,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor


def becomes_a_matrix(axes: Sequence[str], have: Sequence[int], want: Sequence[int]) -> bool:
    """Whether columns are cut into rows of a matrix: of all blocks, or of one that is long in both directions."""
    if list(axes) == [BATCH, BLOCK, WIDTH]:
        return len(want) == 4 or (len(want) == 3 and want[0] == have[0] * have[1])  # noqa: PLR2004
    return list(axes) == [BATCH, WIDTH] and (len(want) == 4 or is_long(want[1:]))  # noqa: PLR2004


def view(shape: Sequence[int], a: Blocks, axes: list[str], have: list[int], want: list[int]) -> Blocks:
    """The same for columns that are a matrix, or become one: its rows side by side."""
    if have == want:
        return Blocks(a.parts, with_ones(axes, shape), a.outer)
    if axes[:2] == [BATCH, BLOCK] and want == [have[0] * have[1], *have[2:]]:
        return Blocks(a.parts, with_ones([ROWS, *axes[2:]], shape), a.outer)
    parts, axes = list(a.parts), list(axes)
    if a.outer > 1:
        parts = parts if axes[-1] == INNER else [crossed(part, a.outer) for part in parts]
        axes[-2:] = [WIDTH]
    if axes not in ([BATCH, WIDTH], [BATCH, BLOCK, WIDTH]):
        refuse_shape(a, shape)
    batch, count = have[0], len(parts)
    if count > 1 and want[:2] == [batch, count]:
        begun, left = [BATCH, BLOCK], want[2:]
    elif count > 1 and want[0] == batch * count:
        begun, left = [ROWS], want[1:]
    else:
        parts, begun, left = [torch.cat(parts, 1)] if count > 1 else parts, [BATCH], want[1:]
        if len(left) == 3:  # noqa: PLR2004
            parts, begun, left = list(torch.chunk(parts[0], few(left[0]), 1)), [BATCH, BLOCK], left[1:]
    if len(left) not in {1, 2} or math.prod(left) != parts[0].shape[1]:
        refuse_shape(a, shape)
    outer = left[0] if len(left) == 2 else 1  # noqa: PLR2004
    return Blocks(tuple(parts), with_ones([*begun, *([OUTER, INNER] if outer > 1 else [WIDTH])], shape), outer)


def with_ones(axes: Sequence[str], shape: Sequence[int]) -> tuple[str, ...]:
    """What the axes of a tensor count, if these do in their order where its sizes are not 1."""
    left = iter(axes)
    return tuple(ONE if size == 1 else next(left) for size in shape)


def refuse_shape(a: Blocks, shape: Sequence[int]) -> NoReturn:
    """Say that the engine has no such tensors."""
    sizes = ", ".join("batch" if size == a.size(BATCH) else str(size) for size in shape)
    refuse(f"its step makes a tensor of shape ({sizes}), and not (batch, width)")


def reduced(function: Callable[..., Tensor], a: Blocks, gone: set[int], *, keepdim: bool) -> Blocks:
    """Over the rows of a matrix, over its columns, over both, or over blocks."""
    parts, over = list(a.parts), {a.axes[dim] for dim in gone} - {ONE}
    if over - {BLOCK, OUTER, INNER}:
        keep_apart(BATCH)
    left = {axis: axis for axis in a.axes} | dict.fromkeys(over, ONE)
    if BLOCK in over:
        parts = [OVER_BLOCKS[function](parts)]
    along = over - {BLOCK}
    if along == {OUTER, INNER}:
        parts = [function(part, [1], keepdim=True) for part in parts]
        left |= {BLOCK: WIDTH} if len(parts) > 1 else {}
        parts = [torch.cat(parts, 1)] if len(parts) > 1 and ROWS not in a.axes else parts
    elif along:
        left |= dict.fromkeys({OUTER, INNER} - along, WIDTH)
        parts = [_in_one_direction(function, part, a.outer, inner=along == {INNER}) for part in parts]
    axes = tuple(left[axis] for dim, axis in enumerate(a.axes) if keepdim or dim not in gone)
    return blocks(parts, axes) if along else Blocks(tuple(parts), axes, a.outer)


def _in_one_direction(function: Callable[..., Tensor], part: Tensor, outer: int, *, inner: bool) -> Tensor:
    count = part.shape[1] // outer
    if function is torch.amax:
        found = primitives.amax_inner(part if inner else crossed(part, outer), outer if inner else count)
    else:
        total = primitives.sum_inner(part, outer) if inner else primitives.sum_outer(part, outer)
        found = total / (count if inner else outer) if function is torch.mean else total
    return found  # type: ignore[no-any-return]  # torch's operators have no types


def softmax(a: Blocks, dim: int, *, logarithm: bool) -> Blocks:
    """Shares along the rows of a matrix, or along its columns; or their logarithms."""
    largest = reduced(torch.amax, a, {dim}, keepdim=True)
    below = each(lambda part, most: part - most.detach(), [a, largest], a.shape)
    powers = each(torch.exp, [below], a.shape)
    total = reduced(torch.sum, powers, {dim}, keepdim=True)
    if logarithm:
        return each(lambda part, whole: part - torch.log(whole), [below, total], a.shape)
    return each(torch.div, [powers, total], a.shape)


def taken(a: Blocks, dim: int, which: Tensor) -> Blocks:
    """Some rows of a matrix, or some columns; where they are few, they are blocks, if there are no others."""
    rows, others = a.axes[dim] == OUTER, len(a.parts) > 1
    numbers = torch.arange(a.parts[0].shape[1], device=which.device).view(a.outer, -1)
    order = (numbers if rows else numbers.t())[which]
    count = len(order)
    if not count:
        refuse("its step takes no columns at all")
    remains = count > (1 if others else MOST)
    order = order.t() if remains and not rows else order
    parts = [torch.index_select(part, 1, order.reshape(-1)) for part in a.parts]
    if remains:
        return Blocks(tuple(parts), a.axes, len(order))
    left = {OUTER: WIDTH, INNER: WIDTH} | {a.axes[dim]: ONE if others else BLOCK}
    return blocks(parts if others else torch.chunk(parts[0], count, 1), [left.get(axis, axis) for axis in a.axes])


def cumsum(a: Blocks, dim: int) -> Blocks:
    """Sums of all that is before, along the rows or the columns of a matrix, of which one are few."""
    if min(a.outer, a.size(INNER)) > MOST:
        refuse(f"its step makes a tensor of more than {MOST} numbers in two directions (cumsum)")
    if a.outer > MOST:
        a = Blocks(tuple(crossed(part, a.outer) for part in a.parts), _swapped(a.axes), a.size(INNER))
    rows = [torch.chunk(part, a.outer, 1) for part in a.parts]
    sums = [accumulate(row) if a.axes[dim] == OUTER else (part.cumsum(1) for part in row) for row in rows]
    return Blocks(tuple(torch.cat(list(row), 1) for row in sums), a.axes, a.outer)


def cat(shape: Sequence[int], tensors: Sequence[Any], dim: int, axes: tuple[str, ...]) -> Blocks:
    """Matrices, or what makes one, side by side: as blocks, or along their rows or their columns."""
    keep_apart(axes[dim])
    axes = _swapped(axes) if axes[dim] == INNER else axes
    outer, inner = (shape[axes.index(axis)] for axis in (OUTER, INNER))
    rows = next(len(one.parts[0]) for one in tensors if isinstance(one, Blocks))

    def wide(one: Any, number: int) -> Tensor:  # noqa: ANN401 - blocks or a tensor
        own = one.shape[dim] if axes[dim] == OUTER else outer
        found: Tensor = as_matrix(one, axes, own, inner, number).expand(rows, own * inner)
        return found

    if axes[dim] == BLOCK:
        few(shape[dim])
        return Blocks(tuple(wide(one, number) for one in tensors for number in range(one.shape[dim])), axes, outer)
    count = max(len(one.parts) for one in tensors if isinstance(one, Blocks)) if ROWS in axes else 1
    count = shape[axes.index(BLOCK)] if BLOCK in axes else count
    parts = [torch.cat([wide(one, number) for one in tensors], 1) for number in range(count)]
    return Blocks(tuple(parts), axes, outer)


def _swapped(axes: tuple[str, ...]) -> tuple[str, ...]:
    """Rows of a matrix as its columns, and columns as rows."""
    return tuple({OUTER: INNER, INNER: OUTER}.get(axis, axis) for axis in axes)
