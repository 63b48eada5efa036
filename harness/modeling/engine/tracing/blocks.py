"""Tensors of more than two dimensions, heads or stacks or outer products, as blocks of columns.

Every tensor has one axis for the batch and at most two others that are longer than 1: the columns of a block, and the
blocks. What a step does to it is done to each block, which is a tensor (batch, columns). Where both are long, there is
one block, whose columns are a matrix, row by row; where there are three others, each block is such a matrix.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from harness.modeling.engine.refused import refuse
from harness.modeling.engine.tracing import primitives

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

BATCH, BLOCK, WIDTH, ONE = "batch", "block", "width", "one"
OUTER, INNER = "rows of a matrix", "columns of a matrix"
ROWS = "batch and block"
"""What an axis of a tensor counts; rows are those of all blocks, as `Linear` makes them of three dimensions."""
ALL = [BLOCK, OUTER, INNER]
"""In the order in which numbers of a row lie in the parts of all blocks."""
MOST = 16
"""Blocks of one tensor: each is computed by code of its own."""
LEAST = 8
"""Columns of a matrix: to compute so many at a time is worth a loop."""


OVER_BLOCKS: dict[Any, Callable[[Sequence[Tensor]], Tensor]] = {
    torch.sum: lambda parts: reduce(torch.add, parts),
    torch.mean: lambda parts: reduce(torch.add, parts) / len(parts),
    torch.amax: lambda parts: reduce(torch.maximum, parts),
}
"""How parts become one, where the same would be done along columns."""


@dataclass(frozen=True)
class Blocks:
    """A tensor as its blocks.

    Attributes:
        parts: a tensor (batch, columns) for each block.
        axes: what each axis of the tensor counts.
        outer: how many rows the matrix has that the columns are; 1 where they are none.
    """

    parts: tuple[Tensor, ...]
    axes: tuple[str, ...]
    outer: int = 1

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the tensor."""
        return tuple(self.size(axis) for axis in self.axes)

    def size(self, axis: str) -> int:
        """How long an axis is."""
        batch, width = self.parts[0].shape
        sizes = {BATCH: batch, BLOCK: len(self.parts), WIDTH: width, ONE: 1, ROWS: batch * len(self.parts)}
        sizes |= {OUTER: self.outer, INNER: width // self.outer}
        return int(sizes[axis])

    def turned(self) -> Blocks:
        """It with blocks as columns, and columns as blocks."""
        axes = tuple({BLOCK: WIDTH, WIDTH: BLOCK}.get(axis, axis) for axis in self.axes)
        columns = crossed(torch.cat(self.parts, 1), len(self.parts))
        return Blocks(torch.chunk(columns, few(self.size(WIDTH)), 1), axes)

    def over(self, axes: tuple[str, ...]) -> Blocks:
        """It with the axes of another that it is aligned with, at the right: columns as blocks where they are there."""
        own = Blocks(self.parts, (ONE,) * (len(axes) - len(self.axes)) + self.axes)
        crossed = any({mine, other} == {BLOCK, WIDTH} for mine, other in zip(own.axes, axes, strict=True))
        return own.turned() if crossed else own

    def of(self, parts: Sequence[Tensor]) -> Blocks:
        """Others that are as its blocks are, more or fewer."""
        axes = tuple(ONE if axis == BLOCK and len(parts) == 1 else axis for axis in self.axes)
        return Blocks(tuple(parts), axes, self.outer) if self.outer > 1 else blocks(parts, axes)

    def part(self, number: int) -> Tensor:
        """A block; the same for all numbers where there are no blocks."""
        return self.parts[number if len(self.parts) > 1 else 0]


def blocks(parts: Sequence[Tensor], axes: Sequence[str]) -> Blocks:
    """A tensor of blocks; blocks of one column are columns, and what has a length of 1 counts nothing."""
    if len(parts) > 1 and parts[0].shape[1] == 1 and BLOCK in axes:
        parts, axes = [torch.cat(list(parts), 1)], [{BLOCK: WIDTH, WIDTH: ONE}.get(axis, axis) for axis in axes]
    gone = {BLOCK: len(parts) == 1, WIDTH: parts[0].shape[1] == 1}
    return Blocks(tuple(parts), tuple(ONE if gone.get(axis) else axis for axis in axes))


def crossed(tensor: Tensor, count: int) -> Tensor:
    """Columns of some blocks in another order: the first of each, then the second of each, and so on."""
    order = torch.arange(tensor.shape[1], device=tensor.device).view(count, -1).t().reshape(-1)
    return torch.index_select(tensor, 1, order)


def few(count: int) -> int:
    """A number of blocks, if there are not too many."""
    if count > MOST:
        refuse(f"its step makes {count} blocks of one tensor, and the engine takes {MOST}")
    return count


def is_long(sizes: Sequence[int]) -> bool:
    """Whether what is of such sizes is computed as a matrix: of more rows than are computed one by one."""
    return len(sizes) == 2 and sizes[0] > MOST and sizes[1] >= LEAST  # noqa: PLR2004


def keep_apart(axis: str) -> None:
    """See that nothing is computed across the rows of a batch."""
    if axis in {BATCH, ROWS}:
        refuse("its step works across the rows of a batch")


def axes_of(values: Sequence[Blocks], shape: Sequence[int], blocks_at: int | None = None) -> tuple[str, ...]:
    """What the axes count of a tensor of some shape that is made of others, aligned at the right.

    Args:
        values: the others.
        shape: of what is made.
        blocks_at: the axis of blocks if others leave that open.
    """
    own = [(ONE,) * (len(shape) - len(value.axes)) + value.axes for value in values]
    found = [{axes[at] for axes in own} - {ONE} for at in range(len(shape))]
    batch = [at for at, axes in enumerate(found) if axes & {BATCH, ROWS}]
    if len(batch) != 1 or len(found[batch[0]]) != 1:
        refuse("its step works across the rows of a batch")
    rows = found[batch[0]].pop()
    others = [at for at, size in enumerate(shape) if size > 1 and at != batch[0]]
    most = 2 if rows == ROWS else 3
    if len(others) > most:
        refuse("its step makes a tensor of more than three dimensions beside that of the batch")
    axes = [ONE] * len(shape)
    axes[batch[0]] = rows
    there = set().union(*(found[at] for at in others))
    long = BLOCK not in there and is_long([shape[at] for at in others])
    if len(others) == 3:  # noqa: PLR2004 - blocks, and the rows and columns of each
        first = min(others, key=lambda at: (bool(found[at] & {OUTER, INNER}), BLOCK not in found[at], shape[at] > MOST))
        axes[first] = BLOCK
        others.remove(first)
    if OUTER in there or BLOCK in axes or len(others) == most or (rows == BATCH and long):
        first, second = others[::-1] if INNER in found[others[0]] and OUTER not in found[others[0]] else others
        axes[first], axes[second] = OUTER, INNER
    elif others:
        before = [at for at in others if BLOCK in found[at]] + [at for at in others if at == blocks_at]
        first = min(others, key=lambda at: (shape[at] > MOST, at not in before, shape[at]))
        for at in others:
            axes[at] = BLOCK if at == first and len(others) > 1 else WIDTH
    return tuple(axes)


def row(tensor: Tensor, axes: tuple[str, ...], number: int) -> Tensor:
    """Of what depends on parameters only, what belongs to a block: (1, columns)."""
    return of_block(row_of(tensor, axes), axes, number).reshape(1, -1)


def of_block(whole: Tensor, axes: tuple[str, ...], number: int) -> Tensor:
    """The part of a tensor for one block, where it has some."""
    for at, axis in enumerate(axes):
        if axis == BLOCK:
            whole = whole.narrow(at, number if whole.shape[at] > 1 else 0, 1)
    return whole


def row_of(tensor: Tensor, axes: tuple[str, ...]) -> Tensor:
    """Of what depends on parameters only, what belongs to each row of a batch."""
    whole = tensor.reshape((1,) * (len(axes) - tensor.dim()) + tuple(tensor.shape))
    for at, axis in enumerate(axes):
        if axis in {BATCH, ROWS} and whole.shape[at] > 1:
            if whole.stride(at):  # else all rows are one
                refuse(f"its step computes with a tensor of shape {tuple(tensor.shape)} that is no row")
            whole = whole.narrow(at, 0, 1)
    return whole


def each(function: Callable[..., Any], values: Sequence[Any], shape: Sequence[int]) -> Blocks:
    """What is computed of each number by itself.

    Args:
        function: of the parts of a block.
        values: blocks, tensors that depend on parameters only, and numbers.
        shape: of what is made.
    """
    axes = axes_of([value for value in values if isinstance(value, Blocks)], shape)
    if OUTER in axes:
        outer, inner = (shape[axes.index(axis)] for axis in (OUTER, INNER))
        among = [len(value.parts) for value in values if isinstance(value, Blocks) and ROWS in value.axes]
        count = few(shape[axes.index(BLOCK)]) if BLOCK in axes else max(among, default=1)
        given = ([as_matrix(value, axes, outer, inner, number) for value in values] for number in range(count))
        return Blocks(tuple(function(*parts) for parts in given), axes, outer)
    turned = [value.over(axes) if isinstance(value, Blocks) else value for value in values]
    count = max(len(value.parts) for value in turned if isinstance(value, Blocks))
    count = few(shape[axes.index(BLOCK)]) if BLOCK in axes else count
    return blocks([function(*(part_of(value, axes, number) for value in turned)) for number in range(count)], axes)


def as_matrix(value: Any, axes: tuple[str, ...], outer: int, inner: int, number: int = 0) -> Any:  # noqa: ANN401
    """What makes a matrix of rows and columns along some axes, as columns side by side: (batch, outer × inner).

    Of a block, where there are some; a number stays one.
    """
    if isinstance(value, Tensor) and value.dim():
        whole = of_block(row_of(value, axes), axes, number)
        whole = whole.expand([{OUTER: outer, INNER: inner}.get(axis, 1) for axis in axes])
        rows, columns = axes.index(OUTER), axes.index(INNER)
        return (whole if rows < columns else whole.transpose(rows, columns)).reshape(1, -1)
    if not isinstance(value, Blocks):
        return value
    own = dict(zip(axes, (ONE,) * (len(axes) - len(value.axes)) + value.axes, strict=True))
    if own.get(BLOCK) == WIDTH and BLOCK in {own[OUTER], own[INNER]}:
        return as_matrix(value.turned(), axes, outer, inner, number)
    whole, lies = _of_matrix(value, own, number, (outer, inner)), (own[OUTER], own[INNER])
    if lies in {(INNER, OUTER), (WIDTH, BLOCK)}:
        return crossed(whole, value.outer if lies == (INNER, OUTER) else len(value.parts))
    if lies == (WIDTH, ONE):
        return primitives.repeat(whole, inner)
    return primitives.tile(whole, outer) if lies == (ONE, WIDTH) else whole


def _of_matrix(value: Blocks, own: dict[str, str], number: int, sizes: tuple[int, int]) -> Tensor:
    """What of a tensor goes into the matrix of a block, by what its axes count where those of the matrices lie."""
    if own.get(BLOCK) == BLOCK or ROWS in own:
        return value.part(number)
    if own.get(BLOCK) == WIDTH:
        return value.parts[0][:, number : number + 1]
    whole = torch.cat(value.parts, 1) if len(value.parts) > 1 else value.parts[0]
    if own.get(BLOCK) in {OUTER, INNER}:
        # what are matrices in another direction: their numbers, one by one; rows and columns it has for sure
        numbers = torch.arange(whole.shape[1], device=whole.device).view([value.size(axis) for axis in ALL])
        order = [ALL.index(BLOCK if own[axis] == ONE else own[axis]) for axis in ALL]
        return whole[:, numbers.permute(order)[number].expand(sizes).reshape(-1)]
    return whole


def part_of(value: Any, axes: tuple[str, ...], number: int) -> Any:  # noqa: ANN401 - a number stays one
    """What belongs to a block."""
    if isinstance(value, Blocks):
        return value.part(number)
    return row(value, axes, number) if isinstance(value, Tensor) and value.dim() else value
