"""What of blocks is added up, or found of all columns or of all blocks."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from harness.modeling.engine.refused import refuse
from harness.modeling.engine.tracing import matrices
from harness.modeling.engine.tracing.blocks import BLOCK, ONE, OVER_BLOCKS, WIDTH, Blocks, blocks, keep_apart

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
        return blocks(list(accumulate(a.parts)), a.axes)
    return blocks([part.cumsum(1) if a.axes[dim] == WIDTH else part for part in a.parts], a.axes)


def layer_norm(
    _: Sequence[Any], a: Blocks, shape: Sequence[int], weight: Tensor | None, bias: Tensor | None, eps: float
) -> Blocks:
    """Each row with mean 0 and variance 1, by weights and with a bias."""
    if a.axes[-1] != WIDTH or len(shape) != 1:
        refuse("it normalises over more than a row")
    normal = torch.nn.functional.layer_norm
    return blocks([normal(part, shape, weight, bias, eps) for part in a.parts], a.axes)
