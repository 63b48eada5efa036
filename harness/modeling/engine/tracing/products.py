"""Products of blocks, by matrices of parameters or by each other."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from harness.modeling.engine.refused import refuse
from harness.modeling.engine.tracing import reductions, views
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
    blocks,
    crossed,
    each,
    few,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.modeling.engine.tracing.views import Value


def mm(shape: Sequence[int], a: Value, b: Value) -> Blocks:
    """Of blocks and a matrix, or of a matrix and blocks of which each column is a row."""
    if isinstance(b, Blocks) and isinstance(a, Tensor):
        return views.transpose(shape, mm(shape[::-1], views.transpose(shape, b), a.t()))
    if isinstance(b, Blocks) or a.axes[1] == BLOCK or a.axes[0] not in {BATCH, ROWS}:
        refuse("its step multiplies states with each other")
    return blocks([torch.mm(part, b) for part in a.parts], (a.axes[0], WIDTH))


def addmm(shape: Sequence[int], bias: Value, a: Value, b: Value, beta: float = 1, alpha: float = 1) -> Blocks:
    """With something added, each by a factor."""
    product = mm(shape, a, b)
    return each(lambda c, found: beta * c + alpha * found, [bias, product], shape)


def bmm(shape: Sequence[int], a: Value, b: Value) -> Blocks:
    """Each block by a matrix of its own; or, where both are of states, sums of products."""
    if isinstance(a, Tensor):
        return views.transpose(shape, bmm([shape[0], shape[2], shape[1]], views.transpose(shape, b, 1, 2), a.mT), 1, 2)
    if isinstance(b, Tensor):
        if a.outer > 1:
            refuse("its step multiplies each row of a matrix by a matrix of its own")
        axes = (BLOCK if len(b) > 1 else ONE, BATCH, WIDTH)
        turned = a.over(axes)
        if turned.axes[1] != BATCH:
            refuse("its step works across the rows of a batch")
        return blocks([torch.mm(turned.part(number), matrix) for number, matrix in enumerate(b.unbind(0))], axes)
    if a.axes[0] != b.axes[0] or a.axes[0] not in {BATCH, ROWS}:
        refuse("its step works across the rows of a batch")
    rows, columns, between = range(shape[1]), range(shape[2]), a.shape[2]
    whole, of_blocks = a.outer > 1 or b.outer > 1, a.axes[0] == ROWS
    if (whole and not of_blocks) or (of_blocks and min(shape[1:]) <= between):
        return _matrix_product(shape, a, b)
    if of_blocks or between <= MOST < shape[1]:
        pairs = [(views.slice_((), a, 2, k, k + 1), views.slice_((), b, 1, k, k + 1)) for k in range(few(between))]
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
        return views.transpose(shape, turned, 1, 2)
    rows, found = _transposed(b), []
    for column in range(few(shape[2])):
        row = views.slice_((), rows, 1, column, column + 1)
        product = each(torch.mul, [a, row], a.shape)
        found.append(reductions.reduction(torch.sum)((), product, [2]).parts)
    if a.axes[0] == BATCH or len(found) == 1:
        return blocks([part for parts in found for part in parts], (a.axes[0], WIDTH, BLOCK if len(found) > 1 else ONE))
    side_by_side = (torch.cat(parts, 1) for parts in zip(*found, strict=True))
    parts = tuple(crossed(part, len(found)) for part in side_by_side)
    return Blocks(parts, (ROWS, OUTER, INNER), shape[1])


def _transposed(a: Blocks) -> Blocks:
    return views.transpose(a.shape, a, 1, 2)
