"""What torch's operators mean in the intermediate form."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import torch

from harness.modeling.engine.form.node import Part
from harness.modeling.engine.form.operators import power
from harness.modeling.engine.form.parameters import Made
from harness.modeling.engine.refused import refuse
from harness.modeling.engine.tracing import primitives

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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


def _mm(known: Known, a: Tensor, matrix: Tensor) -> Node:
    """Of columns side by side: the sum of their products with the rows that belong to each."""
    node, whole = known.operand(a), known.matrix(matrix)
    parts = node.args if node.op == "cat" else (node,)
    products, begin = [], 0
    for part in parts:
        rows = whole if len(parts) == 1 else rows_of(known, whole, begin, part.width)
        products.append(_of_parameters(known, part, rows) or known.graph.mm(part, rows))
        begin += part.width
    return known.graph.add(*products)


def _of_parameters(known: Known, part: Node, matrix: Node) -> Node | None:
    """The product of a row that depends on parameters only."""
    make = known.graph.parameters.make
    if part.part > Part.PARAMETERS:
        return None
    part = part.args[0] if part.op == "expand" else part
    row = Made(part.attr) if part.op == "vector" else part.attr
    return known.graph.vector(make(_row_product, row, Made(matrix.attr[0])), matrix.width)


def _row_product(row: Tensor | float, matrix: Tensor) -> Tensor:
    return torch.mul(matrix, row if isinstance(row, float) else row.expand(len(matrix)).unsqueeze(1)).sum(0)


def rows_of(known: Known, matrix: Node, begin: int, count: int) -> Node:
    """Some rows of a matrix."""
    number = known.graph.parameters.make(torch.narrow, Made(matrix.attr[0]), 0, begin, count)
    return known.graph.matrix(number, count, matrix.width)


def _addmm(known: Known, bias: Tensor, a: Tensor, matrix: Tensor, beta: float = 1, alpha: float = 1) -> Node:
    g = known.graph
    product = g.mul(_mm(known, a, matrix), g.constant(alpha))
    return g.add(g.mul(known.operand(bias), g.constant(beta)), product)


def _split(known: Known, a: Tensor, size: int | Sequence[int], dim: int = 0) -> list[Node]:
    _columns(a, dim)
    sizes = [size] * (-(-a.shape[1] // size)) if isinstance(size, int) else size
    starts = [sum(sizes[:place]) for place in range(len(sizes))]
    return [
        known.graph.slice(known.operand(a), start, min(start + w, a.shape[1]))
        for start, w in zip(starts, sizes, strict=True)
    ]


def _slice(
    known: Known, a: Tensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Node:
    low, high, _ = slice(start, end).indices(a.shape[dim])
    if dim == 0 and (low, high, step) == (0, a.shape[0], 1):
        return known.operand(a)
    _columns(a, dim)
    return known.graph.slice(known.operand(a), low, high) if step == 1 else _every(known, a, low, high, step)


def _every(known: Known, a: Tensor, start: int, end: int, step: int) -> Node:
    """Columns that lie apart by some step, which may lead back."""
    columns = known.graph.parameters.make(torch.arange, start, end, step, device=a.device)
    return known.take_by(_wide(known, a), columns, len(range(start, end, step)))


def _take(known: Known, a: Tensor, dim: int, columns: Tensor) -> Node:
    _columns(a, dim)
    return known.take(_wide(known, a), columns)


def _index(known: Known, a: Tensor, which: Sequence[Tensor | None]) -> Node:
    columns = [one for one in which[1:] if one is not None]
    if which[0] is not None or not columns:
        refuse("its step works across the rows of a batch")
    return _take(known, a, 1, columns[0])


def _flip(known: Known, a: Tensor, dims: Sequence[int]) -> Node:
    _columns(a, *dims)
    return _every(known, a, a.shape[1] - 1, -1, -1)


def _select(known: Known, a: Tensor, dim: int, index: int) -> Node:
    _columns(a, dim)
    index %= a.shape[1]
    return known.graph.slice(known.operand(a), index, index + 1)


def _cat(known: Known, tensors: Sequence[Tensor], dim: int = 0) -> Node:
    _columns(tensors[0], dim)
    return known.graph.cat([_wide(known, tensor) for tensor in tensors])


def _wide(known: Known, tensor: Tensor) -> Node:
    return known.graph.expand(known.operand(tensor), tensor.shape[1])


def _rows(op: Literal["sum", "amax"], *, mean: bool = False) -> Callable[..., Node]:
    def reduce(known: Known, a: Tensor, dim: Sequence[int] = (), keepdim: bool = False, **_: Value) -> Node:  # noqa: ARG001, FBT001, FBT002
        _columns(a, *(dim or (0,)))
        total = known.graph.rows(known.operand(a), op)
        return known.graph.mul(total, known.graph.constant(1 / a.shape[1])) if mean else total

    return reduce


def _cumsum(known: Known, a: Tensor, dim: int, **_: Value) -> Node:
    _columns(a, dim)
    return known.graph.cumsum(_wide(known, a))


def _shape(known: Known, a: Tensor, *_: Value) -> Node:
    """Another view of the same numbers; the known refuses one that is not rows of columns."""
    return known.operand(a)


def _expand(known: Known, a: Tensor, size: Sequence[int], implicit: bool = False) -> Node:  # noqa: ARG001, FBT001, FBT002
    node = known.operand(a)
    return known.graph.expand(node, size[-1]) if size[-1] > 0 and len(size) > 1 else node


def _softmax(known: Known, a: Tensor, dim: int, half_to_float: bool = False) -> Node:  # noqa: ARG001, FBT001, FBT002
    _columns(a, dim)
    g = known.graph
    e = g.apply("exp", _below_largest(known, a))
    return g.apply("div", e, g.rows(e))


def _log_softmax(known: Known, a: Tensor, dim: int, half_to_float: bool = False) -> Node:  # noqa: ARG001, FBT001, FBT002
    _columns(a, dim)
    g, below = known.graph, _below_largest(known, a)
    return g.sub(below, g.apply("log", g.rows(g.apply("exp", below))))


def _below_largest(known: Known, a: Tensor) -> Node:
    """Each less the largest of its row, through which no gradient needs to flow."""
    node = known.operand(a)
    return known.graph.sub(node, known.graph.apply("stop", known.graph.rows(node, "amax")))


def _layer_norm(
    known: Known, a: Tensor, shape: Sequence[int], weight: Tensor | None, bias: Tensor | None, eps: float
) -> tuple[Node, None, None]:
    if tuple(shape) != (a.shape[1],):
        refuse("it normalises over more than a row")
    g, node, share = known.graph, known.operand(a), known.graph.constant(1 / a.shape[1])
    centred = g.sub(node, g.mul(g.rows(node), share))
    variance = g.mul(g.rows(g.mul(centred, centred)), share)
    normal = g.mul(centred, g.apply("rsqrt", g.add(variance, g.constant(eps))))
    scaled = normal if weight is None else g.mul(normal, known.operand(weight))
    return (scaled if bias is None else g.add(scaled, known.operand(bias))), None, None


def _not(known: Known, a: Tensor) -> Node:
    return known.graph.sub(known.graph.constant(1), known.operand(a))


def _or(known: Known, a: Value, b: Value) -> Node:
    """Not the larger of them, by which compilers find no way to compute many at once."""
    return known.graph.apply("ne", _add(known, a, b), known.graph.constant(0))


def _masked_fill(known: Known, a: Tensor, mask: Tensor, value: Value) -> Node:
    return known.graph.where(known.operand(mask), known.operand(value), known.operand(a))


def _columns(a: Tensor, dim: int, *others: int) -> None:
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
    primitives.repeat: lambda known, a, times: known.graph.repeat(known.operand(a), a.shape[1] * times),
    primitives.tile: lambda known, a, times: known.graph.tile(known.operand(a), a.shape[1] * times),
    primitives.sum_inner: lambda known, a, outer: known.graph.sum_inner(_wide(known, a), outer),
    primitives.amax_inner: lambda known, a, outer: known.graph.amax_inner(_wide(known, a), outer),
    primitives.sum_outer: lambda known, a, outer: known.graph.sum_outer(_wide(known, a), a.shape[1] // outer),
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
    aten.mm.default: _mm,
    aten.addmm.default: _addmm,
    aten.split.Tensor: _split,
    aten.split_with_sizes.default: _split,
    aten.unsafe_split.Tensor: _split,
    aten.unsafe_split_with_sizes.default: _split,
    aten.unbind.int: lambda known, a, dim=0: _split(known, a, 1, dim),
    aten.slice.Tensor: _slice,
    aten.select.int: _select,
    aten.index_select.default: _take,
    aten.index.Tensor: _index,
    aten.flip.default: _flip,
    aten.cat.default: _cat,
    aten.sum.dim_IntList: _rows("sum"),
    aten.mean.dim: _rows("sum", mean=True),
    aten.amax.default: _rows("amax"),
    aten.cumsum.default: _cumsum,
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
    aten.log_sigmoid_forward.default: lambda known, a: (known.graph.apply("log_sigmoid", known.operand(a)), None),
    **dict.fromkeys((aten.clone.default, aten.alias.default, aten._to_copy.default, aten.lift_fresh.default), _same),  # noqa: SLF001
}
"""How an operator of torch makes nodes of its arguments."""
