"""Matrix products of our own, where a compiler is: see product.c."""

from __future__ import annotations

import ctypes
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from harness.modeling.engine import build
from harness.modeling.engine.memory import POOL

if TYPE_CHECKING:
    from torch import Tensor

SOURCE = Path(__file__).with_name("product.c")
FEWEST_ROWS = 4
"""Of a batch that a thread is worth its start for."""
PROCESS = os.getpid()
"""One that is forked from it may not use OpenMP's threads, which are not there."""


class Products:
    """Matrix products for one type of numbers.

    Raises:
        RefusedError: they cannot be compiled here.
    """

    def __init__(self, dtype: torch.dtype) -> None:
        library = build.load(SOURCE.read_text(encoding="utf-8"), dtype)
        self._size, self._pack, self._multiply = library.packed_size, library.pack, library.multiply_once
        self._size.restype = ctypes.c_int64
        pointer, number = ctypes.c_void_p, ctypes.c_int64
        self._size.argtypes = [number, number]
        self._pack.argtypes = [pointer, number, number, number, number, pointer]
        operand = pointer, number, number
        self._multiply.argtypes = [*operand, *operand, number, number, number, pointer, number, number, number]
        self.address = ctypes.cast(library.multiply, ctypes.c_void_p)

    def pack(self, matrix: Tensor) -> Tensor:
        """A matrix (inner, outer), however it lies, in the order in which a product reads it."""
        packed = POOL.empty(matrix, self._size(*matrix.shape))
        self._pack(matrix.data_ptr(), *matrix.stride(), *matrix.shape, packed.data_ptr())
        return packed

    def __call__(
        self, a: Tensor, matrix: Tensor, out: Tensor, *, add: bool = False, bias: Tensor | None = None
    ) -> None:
        """See `Product`; the rows of `out` are contiguous."""
        if bias is not None:
            out.copy_(bias)
            add = True
        operands = (number for tensor in (a, matrix) for number in (tensor.data_ptr(), *tensor.stride()))
        counts = (len(a), *matrix.shape)
        threads = threads_for(max(len(a), matrix.shape[1]))
        self._multiply(*operands, *counts, out.data_ptr(), out.stride(0), add, threads)


def threads_for(rows: int) -> int:
    """How many threads share some rows."""
    return max(1, min(torch.get_num_threads(), rows // FEWEST_ROWS)) if os.getpid() == PROCESS else 1


@cache
def products(dtype: torch.dtype) -> Products:
    """Those of a type of numbers.

    Raises:
        RefusedError: they cannot be compiled here.
    """
    return Products(dtype)
