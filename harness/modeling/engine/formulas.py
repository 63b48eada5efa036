"""Operators of torch as formulas of others, as what they compute is traced."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional

from harness.modeling.engine.refused import refuse

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

aten = torch.ops.aten


def _softplus(a: Tensor, beta: float = 1, threshold: float = 20) -> Tensor:
    return torch.where(beta * a > threshold, a, -functional.logsigmoid(-beta * a) / beta)


def _gelu(a: Tensor, approximate: str = "none") -> Tensor:
    if approximate == "tanh":
        return 0.5 * a * (1 + torch.tanh(0.7978845608028654 * (a + 0.044715 * a * a * a)))
    return 0.5 * a * (1 + torch.erf(a * 0.7071067811865476))


def _elu(a: Tensor, alpha: float = 1, scale: float = 1, input_scale: float = 1) -> Tensor:
    below = torch.where(a > 0, 0, a)  # where a is infinite, the side that is not taken must not make a NaN
    return torch.where(a > 0, scale * a, alpha * scale * torch.expm1(below * input_scale))


def _hardtanh(a: Tensor, low: float = -1, high: float = 1) -> Tensor:
    return torch.where((a > low) & (a < high), a, torch.clamp(a, low, high).detach())


def _hardsigmoid(a: Tensor) -> Tensor:
    sloping = 0.1666666716337204 * a  # a sixth in single precision, which torch's derivative has in double, too
    value = (torch.clamp(a + 3, 0, 6) / 6).detach()
    return torch.where((a > -3) & (a < 3), sloping + (value - sloping).detach(), value)  # noqa: PLR2004


def _hardswish(a: Tensor) -> Tensor:
    outside = (a <= -3) | (a >= 3)  # noqa: PLR2004
    inside = torch.where(outside, 0, a)
    below = (a * torch.clamp(a + 3, 0, 6) / 6).detach()
    return torch.where(outside, torch.where(a < 0, below, a), inside * (inside + 3) / 6)


def _log_sum_exp(a: Tensor, dim: list[int], keepdim: bool = False) -> Tensor:  # noqa: FBT001, FBT002
    largest = a.amax(dim, keepdim=True).detach()
    largest = torch.where(largest.abs() == math.inf, 0, largest)
    total = torch.log(torch.exp(a - largest).sum(dim, keepdim=True)) + largest
    return total if keepdim else total.squeeze(dim[0])


def _variance(
    a: Tensor,
    dim: list[int] | None = None,
    *,
    correction: float | None = None,
    keepdim: bool = False,
) -> Tensor:
    dim = dim or [0]
    centred = a - a.mean(dim, keepdim=True)
    return (centred * centred).sum(dim, keepdim=keepdim) / (a.shape[dim[0]] - (1 if correction is None else correction))


def _norm(a: Tensor, order: float = 2, dim: list[int] | None = None, keepdim: bool = False, **_: object) -> Tensor:  # noqa: FBT001, FBT002
    if order not in {1, 2}:
        refuse(f"its step takes a norm of order {order}")
    return _root((a * a).sum(dim or [0], keepdim=keepdim)) if order == 2 else a.abs().sum(dim or [0], keepdim=keepdim)  # noqa: PLR2004


def _root(a: Tensor) -> Tensor:
    """The square root, with no gradient at 0."""
    return torch.where(a == 0, 0, torch.sqrt(torch.where(a == 0, 1, a)))


FORMULAS: dict[Any, Callable[..., Any]] = {
    aten.silu.default: lambda a: a * torch.sigmoid(a),
    aten.mish.default: lambda a: a * torch.tanh(functional.softplus(a)),
    aten.softplus.default: _softplus,
    aten.gelu.default: _gelu,
    aten.elu.default: _elu,
    aten.celu.default: lambda a, alpha=1.0: _elu(a, alpha, 1, 1 / alpha),
    aten.leaky_relu.default: lambda a, slope=0.01: torch.where(a > 0, a, slope * a),
    aten.hardtanh.default: _hardtanh,
    aten.hardsigmoid.default: _hardsigmoid,
    aten.hardswish.default: _hardswish,
    aten.addcdiv.default: lambda a, b, c, value=1: a + value * b / c,
    aten.square.default: lambda a: a * a,
    aten.amin.default: lambda a, dim=(), keepdim=False: -torch.amax(-a, dim, keepdim=keepdim),
    aten.logsumexp.default: _log_sum_exp,
    aten.var.correction: _variance,
    aten.std.correction: lambda *args, **options: _root(_variance(*args, **options)),
    aten.linalg_vector_norm.default: _norm,
}
"""Operators that are formulas of others."""
