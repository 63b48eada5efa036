"""Operators of torch as formulas of others, as what they compute is traced."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional

from harness.modeling.engine.refused import refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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


def _hardshrink(a: Tensor, edge: float = 0.5) -> Tensor:
    return torch.where((a < -edge) | (a > edge), a, 0 * a.detach())  # a NaN stays one


def _softshrink(a: Tensor, edge: float = 0.5) -> Tensor:
    return torch.where(a > edge, a - edge, torch.where(a < -edge, a + edge, 0 * a.detach()))


def _at_least(a: Tensor, low: Tensor) -> Tensor:
    return torch.where(a >= low, a, torch.where(a < low, low, (a + low).detach()))


def _at_most(a: Tensor, high: Tensor) -> Tensor:
    return torch.where(a <= high, a, torch.where(a > high, high, (a + high).detach()))


def _clamp(a: Tensor, low: Tensor | None = None, high: Tensor | None = None) -> Tensor:
    if low is not None:
        a = _at_least(a, low if high is None else torch.where(low < high, low, low.detach()))
    return a if high is None else _at_most(a, high)


def _safe_softmax(a: Tensor, dim: int, dtype: torch.dtype | None = None) -> Tensor:  # noqa: ARG001
    """Zeros where all is -infinity: nothing to attend to."""
    nothing = a.amax(dim, keepdim=True) == -math.inf
    return torch.where(nothing, 0, torch.softmax(torch.where(nothing, 0, a), dim))


def _bilinear(a: Tensor, weight: Tensor, b: Tensor, *how: Sequence[int]) -> Tensor:
    """As torch.nn.Bilinear asks for it: Σ aᵢ weightₖᵢⱼ bⱼ."""
    if how[:4] != ([1, 3], [0], [1, 2], [2, 3]):
        refuse("its step multiplies three tensors in a way of its own (_trilinear)")
    out, left, right = weight.shape
    of_left = torch.mm(a, weight.permute(1, 0, 2).reshape(left, out * right))
    return (of_left.view(len(a), out, right) * b.unsqueeze(1)).sum(2)


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


def _remainder(a: Any, b: Any) -> Tensor:  # noqa: ANN401
    rest = torch.fmod(a, b)
    return torch.where((rest != 0) & ((rest < 0) != (b < 0)), rest + b, rest)


def _glu(a: Tensor, dim: int = -1) -> Tensor:
    value, gate = a.chunk(2, dim)
    return value * torch.sigmoid(gate)


def _roll(a: Tensor, shifts: list[int], dims: Sequence[int] = ()) -> Tensor:
    if len(dims) != 1:
        refuse("its step rolls across the rows of a batch (roll)")
    dim, size = dims[0], a.shape[dims[0]]
    kept = size - shifts[0] % size
    return torch.cat([a.narrow(dim, kept, size - kept), a.narrow(dim, 0, kept)], dim) if kept < size else a


def _pad(a: Tensor, pad: Sequence[int], value: float = 0) -> Tensor:
    """Numbers beside those of the last dimensions, the last one first; what is negative takes some away."""
    for dim, (before, after) in zip(range(-1, -a.dim() - 1, -1), zip(pad[::2], pad[1::2], strict=True), strict=False):
        start, end = max(0, -before), a.shape[dim] - max(0, -after)
        shapes = [[*a.shape[:dim], max(0, count), *a.shape[dim:][1:]] for count in (before, after)]
        left, right = (a.new_full(shape, value) for shape in shapes)
        kept = [a.narrow(dim, start, end - start)] if start < end else []
        a = torch.cat([left] * (before > 0) + kept + [right] * (after > 0), dim)
    return a


def _repeat(a: Tensor, times: Sequence[int]) -> Tensor:
    a = a.view(*[1] * (len(times) - a.dim()), *a.shape)
    for dim, count in enumerate(times):
        a = a if count == 1 else torch.cat([a] * count, dim)
    return a


def _group_norm(
    a: Tensor, weight: Tensor | None, bias: Tensor | None, _n: int, _c: int, _size: int, groups: int, eps: float
) -> tuple[Tensor, ...]:
    parts = a.chunk(groups, 1)
    normal = torch.cat([functional.layer_norm(part, part.shape[1:], None, None, eps) for part in parts], 1)
    scaled = normal if weight is None else normal * weight
    return (scaled if bias is None else scaled + bias,) * 3


def _lstm_cell(
    of_input: Tensor, of_state: Tensor, c: Tensor, b: Tensor | None = None, b_state: Tensor | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    total = sum((bias for bias in (b, b_state) if bias is not None), of_input + of_state)
    i, f, g, o = total.chunk(4, 1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c, total


def _gru_cell(
    of_input: Tensor, of_state: Tensor, h: Tensor, b: Tensor | None = None, b_state: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    x = of_input if b is None else of_input + b
    s = of_state if b_state is None else of_state + b_state
    (xr, xz, xn), (sr, sz, sn) = x.chunk(3, 1), s.chunk(3, 1)
    new = torch.tanh(xn + torch.sigmoid(xr + sr) * sn)
    return new + torch.sigmoid(xz + sz) * (h - new), x


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
    aten.hardshrink.default: _hardshrink,
    aten.softshrink.default: _softshrink,
    aten.atanh.default: lambda a: 0.5 * (torch.log1p(a) - torch.log1p(-a)),
    aten.clamp.Tensor: _clamp,
    aten.clamp_min.Tensor: _at_least,
    aten.clamp_max.Tensor: _at_most,
    aten._safe_softmax.default: _safe_softmax,  # noqa: SLF001
    aten._trilinear.default: _bilinear,  # noqa: SLF001
    aten.baddbmm.default: lambda a, b, c, beta=1, alpha=1: beta * a + alpha * torch.bmm(b, c),
    aten.addcdiv.default: lambda a, b, c, value=1: a + value * b / c,
    aten.square.default: lambda a: a * a,
    aten.amin.default: lambda a, dim=(), keepdim=False: -torch.amax(-a, dim, keepdim=keepdim),
    aten.logsumexp.default: _log_sum_exp,
    aten.var.correction: _variance,
    aten.std.correction: lambda *args, **options: _root(_variance(*args, **options)),
    aten.linalg_vector_norm.default: _norm,
    aten.glu.default: _glu,
    aten.roll.default: _roll,
    aten.repeat.default: _repeat,
    aten.constant_pad_nd.default: _pad,
    aten.native_group_norm.default: _group_norm,
    aten.remainder.Tensor: _remainder,
    aten.remainder.Scalar: _remainder,
    aten.frac.default: lambda a: a - torch.trunc(a),
    aten.tan.default: lambda a: torch.sin(a) / torch.cos(a),
    aten.exp2.default: lambda a: torch.exp(a * math.log(2)),
    aten.log2.default: lambda a: torch.log(a) / math.log(2),
    aten._prelu_kernel.default: lambda a, weight: torch.where(a > 0, a, weight * a),  # noqa: SLF001
    aten.threshold.default: lambda a, least, value: torch.where(a <= least, value, a),
    aten.mv.default: lambda a, vector: torch.mm(a, vector.unsqueeze(1)).squeeze(1),
    aten._thnn_fused_lstm_cell.default: _lstm_cell,  # noqa: SLF001 - of torch.nn.LSTMCell on a GPU
    aten._thnn_fused_gru_cell.default: _gru_cell,  # noqa: SLF001
}
"""Operators that are formulas of others."""
