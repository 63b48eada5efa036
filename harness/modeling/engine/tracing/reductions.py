"""What of blocks is added up, or found of all columns or of all blocks."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from harness.modeling.engine.tracing import matrices
from harness.modeling.engine.tracing.blocks import (
    BLOCK,
    INNER,
    ONE,
    OUTER,
    OVER_BLOCKS,
    WIDTH,
    Blocks,
    blocks,
    each,
    keep_apart,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.modeling.engine.tracing.views import Value


def reduction(function: Callable[..., Tensor]) -> Callable[..., Blocks]:
    """What adds up, or finds the largest, over some dimensions."""

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
                parts = [OVER_BLOCKS[function](parts)]
            axes[dim] = ONE
        return blocks(parts, [axis for dim, axis in enumerate(axes) if keepdim or dim not in gone])

    return reduced


def softmax(function: Callable[..., Tensor], *, logarithm: bool) -> Callable[..., Blocks]:
    """What makes shares, or their logarithms, over a dimension."""

    def among(parts: Sequence[Tensor]) -> list[Tensor]:
        largest = OVER_BLOCKS[torch.amax](parts).detach()
        powers = [torch.exp(part - largest) for part in parts]
        total = OVER_BLOCKS[torch.sum](powers)
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


def cumsum(_: Sequence[int], a: Blocks, dim: int, **__: Value) -> Blocks:
    """Sums of all that is before, over a dimension."""
    keep_apart(a.axes[dim])
    if a.axes[dim] == BLOCK:
        return Blocks(tuple(accumulate(a.parts)), a.axes, a.outer)
    if a.axes[dim] in {OUTER, INNER}:
        return matrices.cumsum(a, dim)
    return a if a.axes[dim] == ONE else blocks([part.cumsum(1) for part in a.parts], a.axes)


def layer_norm(
    _: Sequence[Any], a: Blocks, shape: Sequence[int], weight: Tensor | None, bias: Tensor | None, eps: float
) -> Blocks:
    """What the last dimensions hold with mean 0 and variance 1, by weights and with a bias."""
    if a.axes[-1] == WIDTH and len(shape) == 1:
        norm = torch.nn.functional.layer_norm
        return blocks([norm(part, shape, weight, bias, eps) for part in a.parts], a.axes)
    dims, mean = range(-len(shape), 0), reduction(torch.mean)
    centred = each(torch.sub, [a, mean((), a, dims, keepdim=True)], a.shape)
    variance = mean((), each(torch.square, [centred], a.shape), dims, keepdim=True)
    normal = each(lambda part, squares: part * torch.rsqrt(squares + eps), [centred, variance], a.shape)
    scaled = normal if weight is None else each(torch.mul, [normal, weight], a.shape)
    return scaled if bias is None else each(torch.add, [scaled, bias], a.shape)
