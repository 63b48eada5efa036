"""A parallel scan: a recurrence that is linear in its state, all steps at once."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn import functional


def scan(a: Tensor, b: Tensor, h: Tensor) -> Tensor:
    """All h_t = a_t ⊙ h_{t-1} + b_t.

    Steps in a row are one step with a = a₂ ⊙ a₁ and b = a₂ ⊙ b₁ + b₂ (Martin and Cundy 2018, arXiv:1709.04057). So a
    sequence is cut into about √time blocks: all blocks go forward together from zero, then each takes in the state
    that the one before it ended in. That is twice the work of a loop, in 2 √time steps.

    Args:
        a: of all steps, (time, batch, width).
        b: the same.
        h: h_0, (batch, width).

    Returns:
        h_1 to h_time, (time, batch, width).
    """
    first = torch.addcmul(b[:1], a[:1], h)
    if len(a) == 1:  # as where a sequence is written, or watched, step by step
        return first
    return _Scan.apply(a, torch.cat([first, b[1:]]))  # type: ignore[no-any-return,no-untyped-call]


class _Scan(Function):
    """The same from h_1 = b_1 on. Its gradient takes one more scan, and no memory for the blocks."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor) -> Tensor:  # noqa: ANN401 - torch does not name its type
        h = _in_blocks(a, b)
        ctx.save_for_backward(a, h)
        return h

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:  # noqa: ANN401
        """∂L/∂b_t = ∂L/∂h_t + a_{t+1} ⊙ ∂L/∂b_{t+1}, which is the same recurrence from the end."""
        a, h = ctx.saved_tensors
        of_b = _Scan.apply(a.roll(-1, 0).flip(0), gradients[0].flip(0)).flip(0)  # type: ignore[no-untyped-call]
        before = functional.pad(h[:-1], (0, 0, 0, 0, 1, 0))
        return of_b * before, of_b


def _in_blocks(a: Tensor, b: Tensor) -> Tensor:
    """All states (time, batch, width)."""
    time, length = len(a), math.isqrt(len(a) - 1) + 1  # of a block
    behind = (0, 0, 0, 0, 0, -time % length)
    blocks = (-1, length, *a.shape[1:])
    product = functional.pad(a, behind).view(blocks).clone()
    h = functional.pad(b, behind).view(blocks).clone()
    for step in range(1, length):
        h[:, step].addcmul_(product[:, step], h[:, step - 1])
        product[:, step].mul_(product[:, step - 1])
    for block in range(1, len(h)):
        h[block].addcmul_(product[block], h[block - 1, -1])
    return h.view(-1, *b.shape[1:])[:time]
