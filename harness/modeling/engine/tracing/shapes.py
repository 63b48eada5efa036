"""What torch's operators do to tensors of blocks, where it is not the same to each number."""

from __future__ import annotations

import math
from functools import reduce
from itertools import accumulate
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
    from collections.abc import Callable, Sequence

aten = torch.ops.aten
Value = Any
"""Blocks, a tensor that depends on parameters only, or a number."""


def _view(shape: Sequence[int], a: Blocks, *_: Value, **__: Value) -> Blocks:
    """The same numbers in the same order: blocks side by side are columns, and columns are cut into blocks."""
    axes = [axis for axis in a.axes if axis != ONE]
    axes = [BATCH, BLOCK, *axes[1:]] if axes[:1] == [ROWS] else axes
    have, want = [a.size(axis) for axis in axes], [size for size in shape if size != 1]
    parts: Sequence[Tensor] = a.parts
    joins = {*axes[-2:]} == {BLOCK, WIDTH} and want == [*have[:-2], have[-2] * have[-1]]
    if a.outer > 1 or matrices.becomes_a_matrix(axes, want):
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
    else:
        matrices.refuse_shape(a, shape)
    return Blocks(tuple(parts), matrices.with_ones(axes, shape))


def _permute(_: Sequence[int], a: Blocks, dims: Sequence[int]) -> Blocks:
    return Blocks(a.parts, tuple(a.axes[dim] for dim in dims), a.outer)


def _transpose(shape: Sequence[int], a: Blocks, one: int = 0, other: int = 1) -> Blocks:
    dims = list(range(len(shape)))
    dims[one], dims[other] = dims[other], dims[one]
    return _permute(shape, a, dims)


def _expand(shape: Sequence[int], a: Blocks, *_: Value, **__: Value) -> Blocks:
    axes = axes_of([a], shape)
    width = math.prod(shape[at] for at, axis in enumerate(axes) if axis in {WIDTH, OUTER, INNER})
    return each(lambda part: part.expand(len(part), width), [a], shape)


_OVER_BLOCKS: dict[Any, Callable[[Sequence[Tensor]], Tensor]] = {
    torch.sum: lambda parts: reduce(torch.add, parts),
    torch.mean: lambda parts: reduce(torch.add, parts) / len(parts),
    torch.amax: lambda parts: reduce(torch.maximum, parts),
}


def _reduce(function: Callable[..., Tensor]) -> Callable[..., Blocks]:
    def reduced(_: Sequence[int], a: Blocks, dims: Sequence[int] = (), keepdim: bool = False, **__: Value) -> Blocks:  # noqa: FBT001, FBT002
        parts, axes = list(a.parts), list(a.axes)
        gone = {dim % len(axes) for dim in (dims or range(len(axes)))}
        if a.outer > 1:
            return matrices.reduced(function, a, gone, keepdim=keepdim)
        for dim in gone:
            keep_apart(axes[dim])
            if axes[dim] == WIDTH:
                parts = [function(part, [1], keepdim=True) for part in parts]
            elif axes[dim] == BLOCK:
                parts = [_OVER_BLOCKS[function](parts)]
            axes[dim] = ONE
        return blocks(parts, [axis for dim, axis in enumerate(axes) if keepdim or dim not in gone])

    return reduced


def _softmax(function: Callable[..., Tensor], *, logarithm: bool) -> Callable[..., Blocks]:
    def among(parts: Sequence[Tensor]) -> list[Tensor]:
        largest = _OVER_BLOCKS[torch.amax](parts).detach()
        powers = [torch.exp(part - largest) for part in parts]
        total = _OVER_BLOCKS[torch.sum](powers)
        if logarithm:
            return [part - largest - torch.log(total) for part in parts]
        return [power / total for power in powers]

    def normalised(_: Sequence[int], a: Blocks, dim: int, _half: bool = False) -> Blocks:  # noqa: FBT001, FBT002
        keep_apart(a.axes[dim])
        if a.outer > 1:
            return matrices.softmax(a, dim, logarithm=logarithm)
        if a.axes[dim] == WIDTH:
            return blocks([function(part, 1) for part in a.parts], a.axes)
        groups = [a.parts] if a.axes[dim] == BLOCK else [(part,) for part in a.parts]
        return blocks([part for group in groups for part in among(group)], a.axes)

    return normalised


def _cumsum(_: Sequence[int], a: Blocks, dim: int, **__: Value) -> Blocks:
    keep_apart(a.axes[dim])
    if a.axes[dim] == BLOCK:
        return blocks(list(accumulate(a.parts)), a.axes)
    return blocks([part.cumsum(1) if a.axes[dim] == WIDTH else part for part in a.parts], a.axes)


def _layer_norm(
    _: Sequence[Any], a: Blocks, shape: Sequence[int], weight: Tensor | None, bias: Tensor | None, eps: float
) -> Blocks:
    if a.axes[-1] != WIDTH or len(shape) != 1:
        refuse("it normalises over more than a row")
    normal = torch.nn.functional.layer_norm
    return blocks([normal(part, shape, weight, bias, eps) for part in a.parts], a.axes)


def _mm(shape: Sequence[int], a: Value, b: Value) -> Blocks:
    """Of blocks and a matrix, or of a matrix and blocks of which each column is a row."""
    if isinstance(b, Blocks) and isinstance(a, Tensor):
        return _transpose(shape, _mm(shape[::-1], _transpose(shape, b), a.t()))
    if isinstance(b, Blocks) or a.axes[1] == BLOCK or a.axes[0] not in {BATCH, ROWS}:
        refuse("its step multiplies states with each other")
    return blocks([torch.mm(part, b) for part in a.parts], (a.axes[0], WIDTH))


def _addmm(shape: Sequence[int], bias: Value, a: Value, b: Value, beta: float = 1, alpha: float = 1) -> Blocks:
    product = _mm(shape, a, b)
    return each(lambda c, found: beta * c + alpha * found, [bias, product], shape)


def _bmm(shape: Sequence[int], a: Value, b: Value) -> Blocks:
    """Each block by a matrix of its own; or, where both are of states, sums of products."""
    if isinstance(a, Tensor):
        return _transpose(shape, _bmm([shape[0], shape[2], shape[1]], _transpose(shape, b, 1, 2), a.mT), 1, 2)
    if isinstance(b, Tensor):
        axes = (BLOCK if len(b) > 1 else ONE, BATCH, WIDTH)
        turned = a.over(axes)
        if turned.axes[1] != BATCH:
            refuse("its step works across the rows of a batch")
        return blocks([torch.mm(turned.part(number), matrix) for number, matrix in enumerate(b.unbind(0))], axes)
    if a.axes[0] != BATCH or b.axes[0] != BATCH:
        refuse("its step works across the rows of a batch")
    rows, columns, between = range(shape[1]), range(shape[2]), a.shape[2]
    if a.outer > 1 or b.outer > 1:
        return _matrix_product(shape, a, b)
    if between <= MOST < shape[1]:
        pairs = [(_slice((), a, 2, k, k + 1), _slice((), b, 1, k, k + 1)) for k in range(between)]
        products = [each(torch.mul, pair, shape) for pair in pairs]
        return reduce(lambda one, other: each(torch.add, [one, other], shape), products)
    left = a.over((BATCH, BLOCK, WIDTH))
    if between <= MOST:
        right = b.over((BATCH, BLOCK, WIDTH))
        sums = [reduce(torch.add, (left.part(i)[:, k : k + 1] * right.part(k) for k in range(between))) for i in rows]
    else:
        right = b.over((BATCH, WIDTH, BLOCK))
        sums = [torch.cat([torch.sum(left.part(i) * right.part(j), 1, keepdim=True) for j in columns], 1) for i in rows]
    return blocks(sums, (BATCH, BLOCK, WIDTH))


def _matrix_product(shape: Sequence[int], a: Blocks, b: Blocks) -> Blocks:
    """Of matrices in rows of a batch, where one has few rows or few columns."""
    if shape[1] < shape[2]:
        turned = _matrix_product([shape[0], shape[2], shape[1]], _transposed(b), _transposed(a))
        return _transpose(shape, turned, 1, 2)
    rows, columns = _transposed(b), range(few(shape[2]))
    found = []
    for column in columns:
        row = _slice((), rows, 1, column, column + 1)
        product = each(torch.mul, [a, row], a.shape)
        found.append(_reduce(torch.sum)((), product, [2]).parts[0])
    return blocks(found, (BATCH, WIDTH, BLOCK))


def _transposed(a: Blocks) -> Blocks:
    return _transpose(a.shape, a, 1, 2)


def _cat(shape: Sequence[int], tensors: Sequence[Value], dim: int = 0) -> Blocks:
    dim %= len(shape)
    axes = axes_of([value for value in tensors if isinstance(value, Blocks)], shape, dim)
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


def _stack(shape: Sequence[int], tensors: Sequence[Value], dim: int = 0) -> Blocks:
    dim %= len(shape)
    one = [*shape[:dim], 1, *shape[dim + 1 :]]
    return _cat(shape, [_view(one, value) if isinstance(value, Blocks) else value.view(one) for value in tensors], dim)


def _slice(
    _: Sequence[int], a: Blocks, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Blocks:
    chosen, axis = slice(start, end, step), a.axes[dim]
    if chosen.indices(a.shape[dim]) == (0, a.shape[dim], 1):
        return a
    if axis == BLOCK:
        return blocks(a.parts[chosen], a.axes)
    keep_apart(a.axes[dim])
    if a.outer > 1:
        return matrices.sliced(a, dim, range(*chosen.indices(a.shape[dim])))
    return blocks([part[:, chosen] for part in a.parts], a.axes)


def _index_select(_: Sequence[int], a: Blocks, dim: int, which: Tensor) -> Blocks:
    keep_apart(a.axes[dim])
    if a.axes[dim] == BLOCK:
        return _index_select((), a.turned(), dim, which).turned()
    return a if a.axes[dim] == ONE else blocks([part[:, which] for part in a.parts], a.axes)


def _index(_: Sequence[int], a: Blocks, which: Sequence[Tensor | None]) -> Blocks:
    given = [(dim, columns) for dim, columns in enumerate(which) if columns is not None]
    if len(given) > 1:
        refuse("its step takes columns by more than one list")
    return _index_select((), a, *given[0])


def _flip(_: Sequence[int], a: Blocks, dims: Sequence[int]) -> Blocks:
    for dim in dims:
        keep_apart(a.axes[dim])
        a = Blocks(a.parts[::-1], a.axes) if a.axes[dim] == BLOCK else a
        a = Blocks(tuple(part.flip(1) for part in a.parts), a.axes) if a.axes[dim] == WIDTH else a
    return a


def _select(shape: Sequence[int], a: Blocks, dim: int, index: int) -> Blocks:
    index %= a.shape[dim]
    return _view(shape, _slice(shape, a, dim, index, index + 1))


def _split(_: Sequence[Any], a: Blocks, size: int | Sequence[int], dim: int = 0) -> list[Blocks]:
    whole = a.shape[dim]
    sizes = [size] * (-(-whole // size)) if isinstance(size, int) else size
    starts = [sum(sizes[:place]) for place in range(len(sizes))]
    return [_slice((), a, dim, start, min(start + count, whole)) for start, count in zip(starts, sizes, strict=True)]


def _unbind(_: Sequence[Any], a: Blocks, dim: int = 0) -> list[Blocks]:
    dim %= len(a.shape)
    shape = [*a.shape[:dim], *a.shape[dim + 1 :]]
    return [_select(shape, a, dim, index) for index in range(a.shape[dim])]


SHAPED: dict[Any, Callable[..., Any]] = {
    **dict.fromkeys((aten.view.default, aten._unsafe_view.default, aten.unsqueeze.default), _view),  # noqa: SLF001
    **dict.fromkeys((aten.squeeze.dim, aten.squeeze.dims, aten.squeeze.default), _view),
    aten.permute.default: _permute,
    aten.transpose.int: _transpose,
    aten.t.default: _transpose,
    aten.expand.default: _expand,
    aten.sum.dim_IntList: _reduce(torch.sum),
    aten.mean.dim: _reduce(torch.mean),
    aten.amax.default: _reduce(torch.amax),
    aten._softmax.default: _softmax(torch.softmax, logarithm=False),  # noqa: SLF001
    aten._log_softmax.default: _softmax(torch.log_softmax, logarithm=True),  # noqa: SLF001
    aten.cumsum.default: _cumsum,
    aten.native_layer_norm.default: _layer_norm,
    aten.mm.default: _mm,
    aten.addmm.default: _addmm,
    aten.bmm.default: _bmm,
    aten.cat.default: _cat,
    aten.stack.default: _stack,
    aten.slice.Tensor: _slice,
    aten.select.int: _select,
    aten.index_select.default: _index_select,
    aten.index.Tensor: _index,
    aten.flip.default: _flip,
    **dict.fromkeys((aten.split.Tensor, aten.split_with_sizes.default), _split),
    **dict.fromkeys((aten.unsafe_split.Tensor, aten.unsafe_split_with_sizes.default), _split),
    aten.unbind.int: _unbind,
}
"""How an operator of torch makes blocks of its arguments, which follow the shape of its result."""
OF_MATRICES = {_view, _permute, _transpose, _expand, _bmm, _slice, _select, _split, _unbind} | {
    SHAPED[op]
    for op in (aten.sum.dim_IntList, aten.mean.dim, aten.amax.default, aten._softmax.default, aten._log_softmax.default)  # noqa: SLF001
}
"""Those that know columns that are a matrix."""
