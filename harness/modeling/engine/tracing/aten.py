"""What torch's operators mean in the intermediate form."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import torch

from harness.modeling.engine.form.node import Part
from harness.modeling.engine.form.operators import power
from harness.modeling.engine.form.parameters import Made
from harness.modeling.engine.refused import refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from harness.modeling.engine.form.node import Node
    from harness.modeling.engine.tracing.tracer import Tracer

aten = torch.ops.aten
Value = Any
"""A tensor or a number, as the step has it."""


def _pointwise(op: str) -> Callable[..., Node]:
    return lambda tracer, *values: tracer.graph.apply(op, *map(tracer.operand, values))


def _add(tracer: Tracer, a: Value, b: Value, alpha: float = 1) -> Node:
    return tracer.graph.add(tracer.operand(a), tracer.graph.mul(tracer.operand(b), tracer.graph.constant(alpha)))


def _sub(tracer: Tracer, a: Value, b: Value, alpha: float = 1) -> Node:
    return tracer.graph.sub(tracer.operand(a), tracer.graph.mul(tracer.operand(b), tracer.graph.constant(alpha)))


def _mul(tracer: Tracer, a: Value, b: Value) -> Node:
    return tracer.graph.mul(tracer.operand(a), tracer.operand(b))


def _neg(tracer: Tracer, a: Value) -> Node:
    return tracer.graph.neg(tracer.operand(a))


def _addcmul(tracer: Tracer, a: Value, b: Value, c: Value, value: float = 1) -> Node:
    product = tracer.graph.mul(*map(tracer.operand, (b, c)), tracer.graph.constant(value))
    return tracer.graph.add(tracer.operand(a), product)


def _where(tracer: Tracer, condition: Tensor, yes: Value, no: Value) -> Node:
    return tracer.graph.where(*map(tracer.operand, (condition, yes, no)))


def _power(tracer: Tracer, a: Value, exponent: Value) -> Node:
    return power(tracer.graph, *map(tracer.operand, (a, exponent)))


def _clamp(tracer: Tracer, a: Value, low: Value = None, high: Value = None) -> Node:
    low, high = (-math.inf if low is None else low), (math.inf if high is None else high)
    if low > high:
        refuse("its step clamps to an empty range")
    return tracer.graph.apply("clamp", *map(tracer.operand, (a, low, high)))


def _same(tracer: Tracer, a: Tensor, *_: Value, **__: Value) -> Node:
    return tracer.operand(a)


def _mm(tracer: Tracer, a: Tensor, matrix: Tensor) -> Node:
    """Of columns side by side: the sum of their products with the rows that belong to each."""
    node, whole = tracer.operand(a), tracer.matrix(matrix)
    parts = node.args if node.op == "cat" else (node,)
    products, begin = [], 0
    for part in parts:
        rows = whole if len(parts) == 1 else rows_of(tracer, whole, begin, part.width)
        products.append(_of_parameters(tracer, part, rows) or tracer.graph.mm(part, rows))
        begin += part.width
    return tracer.graph.add(*products)


def _of_parameters(tracer: Tracer, part: Node, matrix: Node) -> Node | None:
    """The product of a row that depends on parameters only."""
    make = tracer.graph.parameters.make
    if part.part > Part.PARAMETERS:
        return None
    part = part.args[0] if part.op == "expand" else part
    row = Made(part.attr) if part.op == "vector" else part.attr
    return tracer.graph.vector(make(_row_product, row, Made(matrix.attr[0])), matrix.width)


def _row_product(row: Tensor | float, matrix: Tensor) -> Tensor:
    return torch.mul(matrix, row if isinstance(row, float) else row.expand(len(matrix)).unsqueeze(1)).sum(0)


def rows_of(tracer: Tracer, matrix: Node, begin: int, count: int) -> Node:
    """Some rows of a matrix."""
    number = tracer.graph.parameters.make(torch.narrow, Made(matrix.attr[0]), 0, begin, count)
    return tracer.graph.matrix(number, count, matrix.width)


def _addmm(tracer: Tracer, bias: Tensor, a: Tensor, matrix: Tensor, beta: float = 1, alpha: float = 1) -> Node:
    g = tracer.graph
    product = g.mul(_mm(tracer, a, matrix), g.constant(alpha))
    return g.add(g.mul(tracer.operand(bias), g.constant(beta)), product)


def _split(tracer: Tracer, a: Tensor, size: int | Sequence[int], dim: int = 0) -> list[Node]:
    _columns(a, dim)
    sizes = [size] * (-(-a.shape[1] // size)) if isinstance(size, int) else size
    starts = [sum(sizes[:place]) for place in range(len(sizes))]
    return [
        tracer.graph.slice(tracer.operand(a), start, min(start + w, a.shape[1]))
        for start, w in zip(starts, sizes, strict=True)
    ]


def _slice(
    tracer: Tracer, a: Tensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Node:
    low, high, _ = slice(start, end).indices(a.shape[dim])
    if dim == 0 and (low, high, step) == (0, a.shape[0], 1):
        return tracer.operand(a)
    _columns(a, dim, step=step)
    return tracer.graph.slice(tracer.operand(a), low, high)


def _select(tracer: Tracer, a: Tensor, dim: int, index: int) -> Node:
    _columns(a, dim)
    index %= a.shape[1]
    return tracer.graph.slice(tracer.operand(a), index, index + 1)


def _cat(tracer: Tracer, tensors: Sequence[Tensor], dim: int = 0) -> Node:
    _columns(tensors[0], dim)
    return tracer.graph.cat([_wide(tracer, tensor) for tensor in tensors])


def _wide(tracer: Tracer, tensor: Tensor) -> Node:
    return tracer.graph.expand(tracer.operand(tensor), tensor.shape[1])


def _rows(op: Literal["sum", "amax"], *, mean: bool = False) -> Callable[..., Node]:
    def reduce(tracer: Tracer, a: Tensor, dim: Sequence[int] = (), keepdim: bool = False, **_: Value) -> Node:  # noqa: ARG001, FBT001, FBT002
        _columns(a, *(dim or (0,)))
        total = tracer.graph.rows(tracer.operand(a), op)
        return tracer.graph.mul(total, tracer.graph.constant(1 / a.shape[1])) if mean else total

    return reduce


def _shape(tracer: Tracer, a: Tensor, *_: Value) -> Node:
    """Another view of the same numbers; the tracer refuses one that is not rows of columns."""
    return tracer.operand(a)


def _expand(tracer: Tracer, a: Tensor, size: Sequence[int], implicit: bool = False) -> Node:  # noqa: ARG001, FBT001, FBT002
    node = tracer.operand(a)
    return tracer.graph.expand(node, size[-1]) if size[-1] > 0 and len(size) > 1 else node


def _softmax(tracer: Tracer, a: Tensor, dim: int, half_to_float: bool = False) -> Node:  # noqa: ARG001, FBT001, FBT002
    _columns(a, dim)
    g = tracer.graph
    e = g.apply("exp", _below_largest(tracer, a))
    return g.apply("div", e, g.rows(e))


def _log_softmax(tracer: Tracer, a: Tensor, dim: int, half_to_float: bool = False) -> Node:  # noqa: ARG001, FBT001, FBT002
    _columns(a, dim)
    g, below = tracer.graph, _below_largest(tracer, a)
    return g.sub(below, g.apply("log", g.rows(g.apply("exp", below))))


def _below_largest(tracer: Tracer, a: Tensor) -> Node:
    """Each less the largest of its row, through which no gradient needs to flow."""
    node = tracer.operand(a)
    return tracer.graph.sub(node, tracer.graph.apply("stop", tracer.graph.rows(node, "amax")))


def _layer_norm(
    tracer: Tracer, a: Tensor, shape: Sequence[int], weight: Tensor | None, bias: Tensor | None, eps: float
) -> tuple[Node, None, None]:
    if tuple(shape) != (a.shape[1],):
        refuse("it normalises over more than a row")
    g, node, share = tracer.graph, tracer.operand(a), tracer.graph.constant(1 / a.shape[1])
    centred = g.sub(node, g.mul(g.rows(node), share))
    variance = g.mul(g.rows(g.mul(centred, centred)), share)
    normal = g.mul(centred, g.apply("rsqrt", g.add(variance, g.constant(eps))))
    scaled = normal if weight is None else g.mul(normal, tracer.operand(weight))
    return (scaled if bias is None else g.add(scaled, tracer.operand(bias))), None, None


def _not(tracer: Tracer, a: Tensor) -> Node:
    return tracer.graph.sub(tracer.graph.constant(1), tracer.operand(a))


def _or(tracer: Tracer, a: Value, b: Value) -> Node:
    """Not the larger of them, by which compilers find no way to compute many at once."""
    return tracer.graph.apply("ne", _add(tracer, a, b), tracer.graph.constant(0))


def _masked_fill(tracer: Tracer, a: Tensor, mask: Tensor, value: Value) -> Node:
    return tracer.graph.where(tracer.operand(mask), tracer.operand(value), tracer.operand(a))


def _columns(a: Tensor, dim: int, *others: int, step: int = 1) -> None:
    if step != 1:
        refuse("its step takes columns that lie apart (slice)")
    if a.dim() != 2 or others or dim not in {1, -1}:  # noqa: PLR2004
        refuse("its step works across the rows of a batch")


NAMES = {
    **{
        name: name
        for name in ("sigmoid", "tanh", "relu", "exp", "expm1", "log", "log1p", "sqrt", "rsqrt", "reciprocal")
    },
    **{name: name for name in ("sin", "cos", "atan", "erf", "abs", "sign", "floor", "ceil", "trunc", "round")},
}
FROM_NOTHING = frozenset(
    getattr(aten, name.format(kind)).default
    for kind in ("zeros", "ones", "full", "empty")
    for name in ("new_{}", "{}_like")
)
"""Operators that fill a tensor with one number, and ask others for its shape only."""
COMPARISONS = ("gt", "ge", "lt", "le", "eq", "ne")
HANDLERS: dict[Any, Callable[..., Any]] = {
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
    aten.rsub.Tensor: lambda tracer, a, b, alpha=1: _sub(tracer, b, a, alpha),
    aten.rsub.Scalar: lambda tracer, a, b, alpha=1: _sub(tracer, b, a, alpha),
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
    aten.clamp_max.default: lambda tracer, a, high: _clamp(tracer, a, None, high),
    aten.masked_fill.Scalar: _masked_fill,
    aten.masked_fill.Tensor: _masked_fill,
    aten.logical_not.default: _not,
    aten.bitwise_not.default: _not,
    **dict.fromkeys((aten.bitwise_and.Tensor, aten.__and__.Tensor, aten.logical_and.default), _mul),
    **dict.fromkeys((aten.bitwise_or.Tensor, aten.__or__.Tensor, aten.logical_or.default), _or),
    aten.mm.default: _mm,
    aten.addmm.default: _addmm,
    aten.split.Tensor: _split,
    aten.split_with_sizes.default: _split,
    aten.unsafe_split.Tensor: _split,
    aten.unsafe_split_with_sizes.default: _split,
    aten.unbind.int: lambda tracer, a, dim=0: _split(tracer, a, 1, dim),
    aten.slice.Tensor: _slice,
    aten.select.int: _select,
    aten.cat.default: _cat,
    aten.sum.dim_IntList: _rows("sum"),
    aten.mean.dim: _rows("sum", mean=True),
    aten.amax.default: _rows("amax"),
    aten.view.default: _shape,
    aten._unsafe_view.default: _shape,  # noqa: SLF001
    aten.unsqueeze.default: _shape,
    aten.squeeze.dim: _shape,
    aten.squeeze.dims: _shape,
    aten.expand.default: _expand,
    aten._softmax.default: _softmax,  # noqa: SLF001
    aten._log_softmax.default: _log_softmax,  # noqa: SLF001
    aten.native_layer_norm.default: _layer_norm,
    aten.detach.default: _pointwise("stop"),
    aten.log_sigmoid.default: _pointwise("log_sigmoid"),
    aten.log_sigmoid_forward.default: lambda tracer, a: (tracer.graph.apply("log_sigmoid", tracer.operand(a)), None),
    **dict.fromkeys((aten.clone.default, aten.alias.default, aten._to_copy.default, aten.lift_fresh.default), _same),  # noqa: SLF001
}
"""How an operator of torch makes nodes of its arguments."""
