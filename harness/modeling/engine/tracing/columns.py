"""Operators of torch on the columns of a row, in the intermediate form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import torch

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


def _columns(a: Tensor, dim: int, *others: int) -> None:
    if a.dim() != 2 or others or dim not in {1, -1}:  # noqa: PLR2004
        refuse("its step works across the rows of a batch")


COLUMNS: dict[Any, Callable[..., Any]] = {
    primitives.repeat: lambda known, a, times: known.graph.repeat(known.operand(a), a.shape[1] * times),
    primitives.tile: lambda known, a, times: known.graph.tile(known.operand(a), a.shape[1] * times),
    primitives.sum_inner: lambda known, a, outer: known.graph.sum_inner(_wide(known, a), outer),
    primitives.amax_inner: lambda known, a, outer: known.graph.amax_inner(_wide(known, a), outer),
    primitives.sum_outer: lambda known, a, outer: known.graph.sum_outer(_wide(known, a), a.shape[1] // outer),
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
}
"""How an operator makes nodes of its arguments."""
