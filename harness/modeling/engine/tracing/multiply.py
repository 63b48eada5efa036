"""Products of torch in the intermediate form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from harness.modeling.engine.form.node import Part
from harness.modeling.engine.form.parameters import Made

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from harness.modeling.engine.form.node import Node
    from harness.modeling.engine.tracing.known import Known

aten = torch.ops.aten


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


PRODUCTS: dict[Any, Callable[..., Any]] = {
    aten.mm.default: _mm,
    aten.addmm.default: _addmm,
}
"""How an operator makes a node of its arguments."""
