"""Matrix products by torch: by oneDNN where torch has it and it is clearly faster."""

from __future__ import annotations

from functools import cache, partial
from itertools import pairwise
from time import perf_counter
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from harness.modeling.engine.running.evaluate import Pairs

LARGE = 1 << 20
"""Multiplications from which on a product is one for oneDNN, which takes 10 µs to begin."""
CLEARLY = 1.3
"""How many times faster than torch.mm it has to be. For single precision torch.mm asks MKL, which does without AVX-512
on processors that are not Intel's: on some of them it takes twice as long, on others less than oneDNN. Were little
enough, the choice, and with it the last digits of results, could change from one process to the next."""
TRIES = 9
"""Of which the fastest counts."""
DEEP = 256
"""Of how many products a sum is added up at once."""
_linear: Any = getattr(torch.ops.mkldnn, "_linear_pointwise", None)
_reorder: Any = getattr(torch.ops.mkldnn, "_reorder_linear_weight", None)
"""oneDNN's functions in torch, by which what torch.compile makes multiplies, too."""


@cache
def has_one_dnn() -> bool:
    """Whether these functions are there, right - torch promises nothing about them - and clearly faster here."""
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return False
    a, matrix, bias = (
        torch.linspace(-1, 1, rows * columns, dtype=torch.float32, device="cpu").view(rows, columns)
        for rows, columns in ((64, 128), (128, 512), (1, 512))
    )
    right = torch.addmm(bias, a, matrix)
    try:
        packed = _reorder.default(matrix.t().contiguous(), len(a))
        made = by_one_dnn(a, matrix.t(), bias[0]), by_one_dnn(a, packed, bias[0])
        if not all(torch.allclose(own, right, atol=1e-4) for own in made):
            return False
    except (AttributeError, TypeError, RuntimeError):
        return False
    return CLEARLY * _seconds(partial(by_one_dnn, a, packed)) < _seconds(partial(torch.mm, a, matrix))


def _seconds(run: Callable[[], Tensor]) -> float:
    """The least that it takes."""
    marks = [perf_counter()]
    for _ in range(TRIES):
        run()
        marks.append(perf_counter())
    return min(end - begin for begin, end in pairwise(marks))


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
        """The base + a value · the matrix, in `out`."""
        if self.packed is None:
            return torch.addmm(base, a, self.matrix, out=out)
        return torch.add(base, by_one_dnn(a, self.packed), out=out)  # oneDNN itself would take longer to add it


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
    """Add products to what is there. Long sums are added up in parts, each by itself, which rounds less."""
    if suits(sum(len(a) for a, _ in pairs), matrix):
        _add_as_one(pairs, matrix)
        return
    deep = DEEP if matrix.device.type == "cpu" else len(matrix)
    for a, out in pairs:
        total = torch.empty_like(out)
        for part, rows in zip(torch.split(a, deep, 1), torch.split(matrix, deep), strict=True):
            out.add_(torch.mm(part, rows, out=total))


def _add_as_one(pairs: Pairs, matrix: Tensor) -> None:
    """By oneDNN, which makes a copy of its operand anyway."""
    counts = [len(a) for a, _ in pairs]
    a = pairs[0][0] if len(pairs) == 1 else torch.cat([a for a, _ in pairs])
    for part, rows in zip(torch.split(a, DEEP, 1), torch.split(matrix, DEEP), strict=True):
        for (_, out), of_out in zip(pairs, torch.split(by_one_dnn(part, rows.t()), counts), strict=True):
            out.add_(of_out)


def suits(rows: int, matrix: Tensor) -> bool:
    """Whether the product of so many rows with a matrix is one for oneDNN."""
    large = rows * matrix.numel() >= LARGE and matrix.dtype == torch.float32 and matrix.device.type == "cpu"
    return large and bool(torch.backends.mkldnn.enabled) and has_one_dnn()


def by_one_dnn(a: Tensor, transposed: Tensor, bias: Tensor | None = None) -> Tensor:
    """A value (rows, inner) · the transpose of a matrix (outer, inner), plus a bias."""
    made: Tensor = _linear.default(a, transposed, bias, "none", [], "")
    return made
