"""A parallel scan: a recurrence that is linear in its state, all steps at once."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn import functional


def scan(a: Tensor, b: Tensor, h: Tensor) -> Tensor:
    """All h_t = a_t ⊙ h_{t-1} + b_t.

    Two steps in a row are one step with a = a₂ ⊙ a₁ and b = a₂ ⊙ b₁ + b₂, so that spans of steps can be doubled until
    they reach the beginning (Hillis and Steele 1986; for such recurrences Martin and Cundy 2018, arXiv:1709.04057).

    Args:
        a: of all steps, (time, batch, width).
        b: the same.
        h: h_0, (batch, width).

    Returns:
        h_1 to h_time, (time, batch, width).
    """
    first = torch.addcmul(b[:1], a[:1], h)
    return _Scan.apply(a, torch.cat([first, b[1:]]))  # type: ignore[no-any-return,no-untyped-call]


class _Scan(Function):
    """The same from h_1 = b_1 on. Its gradient takes one more scan, and no memory for the spans."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor) -> Tensor:  # noqa: ANN401 - torch does not name its type
        h = _double(a.clone(), b.clone())
        ctx.save_for_backward(a, h)
        return h

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:  # noqa: ANN401
        """∂L/∂b_t = ∂L/∂h_t + a_{t+1} ⊙ ∂L/∂b_{t+1}, which is the same recurrence from the end."""
        a, h = ctx.saved_tensors
        of_b = _Scan.apply(a.roll(-1, 0).flip(0), gradients[0].flip(0)).flip(0)  # type: ignore[no-untyped-call]
        before = functional.pad(h[:-1], (0, 0, 0, 0, 1, 0))
        return of_b * before, of_b


def _double(a: Tensor, h: Tensor) -> Tensor:
    """Turn h from b into all states; a becomes the products over spans."""
    span = 1
    while span < len(a):
        h[span:] += a[span:] * h[:-span]
        a[span:] = a[span:] * a[:-span]
        span *= 2
    return h
