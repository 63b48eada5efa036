"""Operators of torch that do the same to each number, in the intermediate form."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch

from harness.modeling.engine.form.operators import power
from harness.modeling.engine.refused import refuse

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from harness.modeling.engine.form.node import Node
    from harness.modeling.engine.tracing.known import Known

aten = torch.ops.aten
Value = Any
"""A tensor or a number, as the step has it."""


def _pointwise(op: str) -> Callable[..., Node]:
    return lambda known, *values: known.graph.apply(op, *map(known.operand, values))


def _add(known: Known, a: Value, b: Value, alpha: float = 1) -> Node:
    return known.graph.add(known.operand(a), known.graph.mul(known.operand(b), known.graph.constant(alpha)))


def _sub(known: Known, a: Value, b: Value, alpha: float = 1) -> Node:
    return known.graph.sub(known.operand(a), known.graph.mul(known.operand(b), known.graph.constant(alpha)))


def _mul(known: Known, a: Value, b: Value) -> Node:
    return known.graph.mul(known.operand(a), known.operand(b))


def _neg(known: Known, a: Value) -> Node:
    return known.graph.neg(known.operand(a))


def _addcmul(known: Known, a: Value, b: Value, c: Value, value: float = 1) -> Node:
    product = known.graph.mul(*map(known.operand, (b, c)), known.graph.constant(value))
    return known.graph.add(known.operand(a), product)


def _where(known: Known, condition: Tensor, yes: Value, no: Value) -> Node:
    return known.graph.where(*map(known.operand, (condition, yes, no)))


def _power(known: Known, a: Value, exponent: Value) -> Node:
    return power(known.graph, *map(known.operand, (a, exponent)))


def _clamp(known: Known, a: Value, low: Value = None, high: Value = None) -> Node:
    low, high = (-math.inf if low is None else low), (math.inf if high is None else high)
    if low > high:
        refuse("its step clamps to an empty range")
    return known.graph.apply("clamp", *map(known.operand, (a, low, high)))


def _same(known: Known, a: Tensor, *_: Value, **__: Value) -> Node:
    return known.operand(a)


def _not(known: Known, a: Tensor) -> Node:
    return known.graph.sub(known.graph.constant(1), known.operand(a))


def _or(known: Known, a: Value, b: Value) -> Node:
    """Not the larger of them, by which compilers find no way to compute many at once."""
    return known.graph.apply("ne", _add(known, a, b), known.graph.constant(0))


def _masked_fill(known: Known, a: Tensor, mask: Tensor, value: Value) -> Node:
    return known.graph.where(known.operand(mask), known.operand(value), known.operand(a))


NAMES = {
    **{
        name: name
        for name in ("sigmoid", "tanh", "relu", "exp", "expm1", "log", "log1p", "sqrt", "rsqrt", "reciprocal")
    },
    **{name: name for name in ("sin", "cos", "atan", "erf", "abs", "sign", "floor", "ceil", "trunc", "round")},
}
COMPARISONS = ("gt", "ge", "lt", "le", "eq", "ne")
POINTWISE: dict[Any, Callable[..., Any]] = {
    **{getattr(aten, name).default: _pointwise(op) for name, op in NAMES.items()},
    **{getattr(getattr(aten, op), kind): _pointwise(op) for op in COMPARISONS for kind in ("Tensor", "Scalar")},
    aten.maximum.default: _pointwise("max"),
    aten.minimum.default: _pointwise("min"),
    **dict.fromkeys((aten.where.self, aten.where.ScalarOther, aten.where.ScalarSelf), _where),
    aten.div.Tensor: _pointwise("div"),
    aten.div.Scalar: _pointwise("div"),
    aten.add.Tensor: _add,
    aten.add.Scalar: _add,
    aten.sub.Tensor: _sub,
    aten.sub.Scalar: _sub,
    aten.rsub.Tensor: lambda known, a, b, alpha=1: _sub(known, b, a, alpha),
    aten.rsub.Scalar: lambda known, a, b, alpha=1: _sub(known, b, a, alpha),
    aten.mul.Tensor: _mul,
    aten.mul.Scalar: _mul,
    aten.neg.default: _neg,
    aten.pow.Tensor_Scalar: _power,
    aten.pow.Tensor_Tensor: _power,
    aten.pow.Scalar: _power,
    aten.fmod.Tensor: _pointwise("fmod"),
    aten.fmod.Scalar: _pointwise("fmod"),
    aten.logaddexp.default: _pointwise("logaddexp"),
    aten.lerp.Tensor: _pointwise("lerp"),
    aten.lerp.Scalar: _pointwise("lerp"),
    aten.addcmul.default: _addcmul,
    aten.clamp.default: _clamp,
    aten.clamp_min.default: _clamp,
    aten.clamp_max.default: lambda known, a, high: _clamp(known, a, None, high),
    aten.masked_fill.Scalar: _masked_fill,
    aten.masked_fill.Tensor: _masked_fill,
    aten.logical_not.default: _not,
    aten.bitwise_not.default: _not,
    **dict.fromkeys((aten.bitwise_and.Tensor, aten.__and__.Tensor, aten.logical_and.default), _mul),
    **dict.fromkeys((aten.bitwise_or.Tensor, aten.__or__.Tensor, aten.logical_or.default), _or),
    aten.detach.default: _pointwise("stop"),
    aten.log_sigmoid.default: _pointwise("log_sigmoid"),
    aten.log_sigmoid_forward.default: lambda known, a: (known.graph.apply("log_sigmoid", known.operand(a)), None),
    **dict.fromkeys((aten.clone.default, aten.alias.default, aten._to_copy.default, aten.lift_fresh.default), _same),  # noqa: SLF001
}
"""How an operator makes a node of its arguments."""
