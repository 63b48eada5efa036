"""Matrix products by torch: with the library that is fastest at them, where torch has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

DEEP = 256
"""Of how many products a sum is added up at once."""
LARGE = 1 << 20
"""Multiplications from which on oneDNN is faster, though it takes 10 µs to begin."""


def suits(rows: int, inner: int, outer: int, like: Tensor) -> bool:
    """Whether a product (rows, inner) · (inner, outer) is one for oneDNN, which torch.mm does not ask for single
    precision: MKL, which it asks, leaves half of the speed of processors that are not Intel's."""
    return like.dtype == torch.float32 and like.device.type == "cpu" and rows * inner * outer >= LARGE and _ONE_DNN


def _available() -> bool:
    return torch.backends.mkldnn.is_available() and all(
        hasattr(torch.ops.mkldnn, name) for name in ("_linear_pointwise", "_reorder_linear_weight")
    )


_ONE_DNN = _available()


def _linear(a: Tensor, matrix: Tensor) -> Tensor:
    """By oneDNN: a (rows, inner) · the transpose of the matrix (outer, inner)."""
    made: Tensor = torch.ops.mkldnn._linear_pointwise.default(a, matrix, None, "none", [], "")
    return made


class Factor:
    """A matrix that many values are multiplied with, one after the other.

    Args:
        matrix: (inner, outer).
        rows: how many each of the values has.
    """

    def __init__(self, matrix: Tensor, rows: int) -> None:
        self.matrix = matrix
        self.packed: Tensor | None = None
        if suits(rows, *matrix.shape, matrix):
            self.packed = torch.ops.mkldnn._reorder_linear_weight.default(matrix.t().contiguous(), rows)

    def times(self, a: Tensor, out: Tensor) -> Tensor:
        """a (rows, inner) · the matrix, be it in `out` or elsewhere."""
        if self.packed is None:
            return torch.mm(a, self.matrix, out=out)
        return _linear(a, self.packed)

    def plus(self, base: Tensor, a: Tensor, out: Tensor) -> Tensor:
        """The base + a · the matrix, be it in `out` or elsewhere."""
        if self.packed is None:
            return torch.addmm(base, a, self.matrix, out=out)
        made: Tensor = torch.ops.mkldnn._linear_pointwise.binary(a, base, self.packed, None, "add")
        return made


def product(a: Tensor, matrix: Tensor, out: Tensor, *, add: bool = False) -> None:
    """See `Product`. Long sums are added up in parts, which rounds less."""
    if not suits(len(a), *matrix.shape, a):
        if not add:
            torch.mm(a, matrix, out=out)
            return
        deep = DEEP if a.device.type == "cpu" else len(matrix)
        for part, rows in zip(torch.split(a, deep, 1), torch.split(matrix, deep), strict=True):
            out.addmm_(part, rows)
        return
    if not add:
        out.copy_(_linear(a, matrix.t()))
        return
    for part, rows in zip(torch.split(a, DEEP, 1), torch.split(matrix, DEEP), strict=True):
        out += _linear(part, rows.t())
