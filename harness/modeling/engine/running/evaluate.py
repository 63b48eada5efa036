"""Nodes computed by torch, for many rows at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import torch

from harness.modeling.engine.form.columns import COLUMNS
from harness.modeling.engine.form.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from torch import Tensor

    from harness.modeling.engine.form.node import Node

Values = dict["Node", Any]
"""Tensors (rows, width); (width) for vectors, numbers for constants."""


Pairs = Sequence[tuple["Tensor", "Tensor"]]
"""Matrices (rows, inner), and where the product of each is to be written (rows, outer)."""


class Product(Protocol):
    """Writes products of some matrices by the same one, (inner, outer), plus a bias if there is one, or adds them."""

    def __call__(self, pairs: Pairs, matrix: Tensor, *, add: bool = False, bias: Tensor | None = None) -> None:
        """Do it."""


FEW = 256
"""How many rows are added up one by one."""


def evaluate(nodes: Iterable[Node], values: Values, product: Product) -> None:
    """Compute nodes, each after its arguments, from the values that are there, and add them to these."""
    for node in nodes:
        if node not in values:
            args = [values[arg] for arg in node.args]
            if node.op in {"mm", "linear"}:
                values[node] = args[0].new_empty(len(args[0]), node.width)
                multiply(node, args, values[node], product)
            else:
                values[node] = compute(node, args)


def multiply(node: Node, args: list[Any], out: Tensor, product: Product) -> None:
    """Write a product or an affine map of its arguments."""
    operand, matrix, *bias = args
    product([(operand, out)], matrix.t() if node.attr else matrix, bias=bias[0] if bias else None)


def look_up(node: Node, args: list[Any], out: Tensor, rows: Tensor) -> None:
    """Write a product, or an affine map, of unit vectors: rows of the matrix, and the bias."""
    matrix, *bias = args
    torch.index_select(matrix.t() if node.attr else matrix, 0, rows, out=out)
    if bias:
        out += bias[0]


def add_rows(to: Tensor, rows: Tensor, gradient: Tensor) -> None:
    """Add to rows of a matrix what the gradient of a look-up of them is. Long sums are added up in parts."""
    few = max(FEW, len(to)) if to.device.type == "cpu" else len(rows)
    for part, of_part in zip(torch.split(rows, few), torch.split(gradient, few), strict=True):
        if to.device.type == "cpu":
            to += torch.zeros_like(to).scatter_add_(0, part[:, None].expand_as(of_part), of_part)
        else:
            to.index_add_(0, part, of_part)  # slower on a CPU, but on a GPU the one that is deterministic


def compute(node: Node, args: list[Any]) -> Any:  # noqa: ANN401
    """One node of its arguments."""
    if node.op in OPERATORS:
        return OPERATORS[node.op].torch(*args)
    if node.op in COLUMNS:
        return COLUMNS[node.op](node.attr, node.width, *args)
    return OTHERS[node.op](node, args)


def rows_of(value: Any, rows: int, width: int, like: Tensor) -> Tensor:  # noqa: ANN401
    """A value as (rows, width)."""
    tensor = value if isinstance(value, torch.Tensor) else like.new_full((), value)
    return tensor.expand(rows, width)


def _mm(node: Node, args: list[Any]) -> Any:  # noqa: ANN401
    operand, matrix = args
    return torch.mm(operand, matrix.t() if node.attr else matrix)


def _cat(node: Node, args: list[Any]) -> Any:  # noqa: ANN401
    like = next(arg for arg in args if isinstance(arg, torch.Tensor) and arg.dim() > 1)
    parts = zip(args, node.args, strict=True)
    return torch.cat([rows_of(arg, len(like), part.width, like) for arg, part in parts], 1)


def _expand(node: Node, args: list[Any]) -> Any:  # noqa: ANN401
    (arg,) = args
    return arg.expand(*arg.shape[:-1], node.width) if isinstance(arg, torch.Tensor) else arg


OTHERS: dict[str, Callable[[Node, list[Any]], Any]] = {
    "constant": lambda node, _: node.attr,
    "mm": _mm,
    "slice": lambda node, args: args[0].narrow(-1, node.attr, node.width),
    "cat": _cat,
    "expand": _expand,
}
