"""Matrix products by torch: by oneDNN where torch has it and it is faster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from torch import Tensor

    from harness.modeling.engine.evaluate import Pairs

LARGE = 1 << 20
"""Multiplications from which on a product is one for oneDNN, which takes 10 µs to begin. torch.mm asks MKL instead for
single precision, which is half as fast on processors that are not Intel's."""
DEEP, DEEP_ONE_DNN = 256, 1024
"""Of how many products a sum is added up at once."""
NAMES = "_linear_pointwise", "_reorder_linear_weight"
"""Of oneDNN's functions in torch, by which torch.compile multiplies, too."""

_functions: Any = [getattr(torch.ops.mkldnn, name, None) for name in NAMES]
_linear, _reorder = _functions
_has_one_dnn = torch.backends.mkldnn.is_available() and None not in _functions  # type: ignore[no-untyped-call]


class Factor:
    """A matrix that many values are multiplied by, one after the other.

    Args:
        matrix: (inner, outer).
        rows: how many rows each value has.
    """

    def __init__(self, matrix: Tensor, rows: int) -> None:
        self.matrix = matrix
        self.packed = _reorder.default(matrix.t().contiguous(), rows) if suits(rows, matrix) else None

    def times(self, a: Tensor, out: Tensor) -> Tensor:
        """A value (rows, inner) · the matrix, be it in `out` or elsewhere."""
        return torch.mm(a, self.matrix, out=out) if self.packed is None else by_one_dnn(a, self.packed)

    def plus(self, base: Tensor, a: Tensor, out: Tensor) -> Tensor:
        """The base + a value · the matrix, be it in `out` or elsewhere."""
        if self.packed is None:
            return torch.addmm(base, a, self.matrix, out=out)
        total: Tensor = _linear.binary(a, base, self.packed, None, "add")
        return total


def product(pairs: Pairs, matrix: Tensor, *, add: bool = False, bias: Tensor | None = None) -> None:
    """See `Product`."""
    if add:
        _add(pairs, matrix)
        return
    for a, out in pairs:
        if suits(len(a), matrix):
            out.copy_(by_one_dnn(a, matrix.t(), bias))
        elif bias is not None:
            torch.addmm(bias, a, matrix, out=out)
        else:
            torch.mm(a, matrix, out=out)


def _add(pairs: Pairs, matrix: Tensor) -> None:
    """Add products to what is there, as one. Long sums are added up in parts, each by itself, which rounds less."""
    counts = [len(a) for a, _ in pairs]
    large = suits(sum(counts), matrix)
    deep = len(matrix) if matrix.device.type != "cpu" else DEEP_ONE_DNN if large else DEEP
    a = pairs[0][0] if len(pairs) == 1 else torch.cat([a for a, _ in pairs])
    for part, rows in zip(torch.split(a, deep, 1), torch.split(matrix, deep), strict=True):
        total = by_one_dnn(part, rows.t()) if large else torch.mm(part, rows)
        for (_, out), of_out in zip(pairs, torch.split(total, counts), strict=True):
            out.add_(of_out)


def suits(rows: int, matrix: Tensor) -> bool:
    """Whether the product of so many rows with a matrix is one for oneDNN."""
    large = rows * matrix.numel() >= LARGE and matrix.dtype == torch.float32 and matrix.device.type == "cpu"
    return large and _has_one_dnn and bool(torch.backends.mkldnn.enabled)


def by_one_dnn(a: Tensor, transposed: Tensor, bias: Tensor | None = None) -> Tensor:
    """A value (rows, inner) · the transpose of a matrix (outer, inner), plus a bias."""
    made: Tensor = _linear.default(a, transposed, bias, "none", [], "")
    return made
