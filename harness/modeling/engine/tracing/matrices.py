"""Tensors of two dimensions beside the batch that are long in both: one block, whose columns are a matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

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
    WIDTH,
    Blocks,
    blocks,
    crossed,
    each,
    is_long,
    keep_apart,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor


def becomes_a_matrix(axes: Sequence[str], want: Sequence[int]) -> bool:
    """Whether columns are cut into rows of a matrix that is long in both directions."""
    return list(axes) == [BATCH, WIDTH] and is_long(want[1:])


def view(shape: Sequence[int], a: Blocks, axes: list[str], have: list[int], want: list[int]) -> Blocks:
    """The same for columns that are a matrix, or become one: its rows side by side."""
    if have == want:
        return Blocks(a.parts, with_ones(axes, shape), a.outer)
    if a.outer == 1 and want[1] * want[2] == have[1]:
        return Blocks(a.parts, with_ones([BATCH, OUTER, INNER], shape), want[1])
    if a.outer == 1 or axes[0] != BATCH or want != [have[0], have[1] * have[2]]:
        refuse_shape(a, shape)
    flat = a.parts[0] if axes[1] == OUTER else crossed(a.parts[0], a.outer)
    return Blocks((flat,), with_ones([BATCH, WIDTH], shape))


def with_ones(axes: Sequence[str], shape: Sequence[int]) -> tuple[str, ...]:
    """What the axes of a tensor count, if these do in their order where its sizes are not 1."""
    left = iter(axes)
    return tuple(ONE if size == 1 else next(left) for size in shape)


def refuse_shape(a: Blocks, shape: Sequence[int]) -> NoReturn:
    """Say that the engine has no such tensors."""
    sizes = ", ".join("batch" if size == a.size(BATCH) else str(size) for size in shape)
    refuse(f"its step makes a tensor of shape ({sizes}), and not (batch, width)")


def reduced(function: Callable[..., Tensor], a: Blocks, gone: set[int], *, keepdim: bool) -> Blocks:
    """Over the rows of a matrix, over its columns, or both."""
    (part,), over = a.parts, {a.axes[dim] for dim in gone} - {ONE}
    if over - {OUTER, INNER}:
        keep_apart(BATCH)
    left = {axis: axis for axis in a.axes} | dict.fromkeys(over, ONE)
    if over == {OUTER, INNER}:
        part = function(part, [1], keepdim=True)
    elif over:
        left |= dict.fromkeys({OUTER, INNER} - over, WIDTH)
        part = _in_one_direction(function, a, inner=over == {INNER})
    axes = tuple(left[axis] for dim, axis in enumerate(a.axes) if keepdim or dim not in gone)
    return Blocks((part,), axes, a.outer if not over else 1)


def _in_one_direction(function: Callable[..., Tensor], a: Blocks, *, inner: bool) -> Tensor:
    (part,) = a.parts
    if function is torch.amax:
        rows = part if inner else crossed(part, a.outer)
        found = primitives.amax_inner(rows, a.outer if inner else a.size(INNER))
    else:
        total = primitives.sum_inner(part, a.outer) if inner else primitives.sum_outer(part, a.outer)
        found = total / a.size(INNER if inner else OUTER) if function is torch.mean else total
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


def sliced(a: Blocks, dim: int, chosen: range) -> Blocks:
    """Some rows of a matrix, or some columns; where they are few, they are blocks."""
    if not chosen:
        refuse("its step takes no columns at all")
    like = a.parts[0]
    numbers = torch.arange(like.shape[1], device=like.device).view(a.outer, -1)
    which = torch.arange(chosen.start, chosen.stop, chosen.step, device=like.device)
    rows = a.axes[dim] == OUTER
    order = torch.index_select(numbers if rows else numbers.t(), 0, which)
    if len(chosen) > MOST:
        order = order if rows else order.t()
        return Blocks((torch.index_select(like, 1, order.reshape(-1)),), a.axes, len(order))
    left = {OUTER: WIDTH, INNER: WIDTH, a.axes[dim]: BLOCK}
    parts = torch.chunk(torch.index_select(like, 1, order.reshape(-1)), len(chosen), 1)
    return blocks(parts, [left.get(axis, axis) for axis in a.axes])
