"""Matrix products of our own, where a compiler is: see pack.c, tile.c and product.c."""

from __future__ import annotations

import ctypes
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from harness.modeling.engine.native import build
from harness.modeling.engine.running.memory import POOL

if TYPE_CHECKING:
    from torch import Tensor

    from harness.modeling.engine.running.evaluate import Pairs

SOURCES = [Path(__file__).with_name(name) for name in ("pack.c", "tile.c", "product.c")]
FLAGS = ("-O2",)
"""What there is to unroll says so: to do more takes half as long again to compile, and is no faster."""
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
        library = build.load("\n".join(source.read_text(encoding="utf-8") for source in SOURCES), dtype, FLAGS)
        self._size, self._pack, self._multiply = library.packed_size, library.pack, library.multiply_once
        self._size.restype = ctypes.c_int64
        pointer, number = ctypes.c_void_p, ctypes.c_int64
        self._size.argtypes = [number, number]
        self._pack.argtypes = [pointer, number, number, number, number, pointer]
        self._multiply.argtypes = [pointer, number, pointer, *[number] * 6]
        self.address = ctypes.cast(library.multiply, ctypes.c_void_p)

    def pack(self, matrix: Tensor) -> Tensor:
        """A matrix (inner, outer), however it lies, in the order in which a product reads it."""
        packed = POOL.empty(matrix, self._size(*matrix.shape))
        self._pack(matrix.data_ptr(), *matrix.stride(), *matrix.shape, packed.data_ptr())
        return packed

    def __call__(self, pairs: Pairs, matrix: Tensor, *, add: bool = False, bias: Tensor | None = None) -> None:
        """See `Product`; rows of what is written are contiguous."""
        if bias is not None:
            for _, out in pairs:
                out.copy_(bias)
            add = True
        operands = [n for a, out in pairs for n in (a.data_ptr(), *a.stride(), len(a), out.data_ptr(), out.stride(0))]
        given = (ctypes.c_int64 * len(operands))(*operands)
        threads = threads_for(max(matrix.shape[1], *(len(a) for a, _ in pairs)))
        self._multiply(given, len(pairs), matrix.data_ptr(), *matrix.stride(), *matrix.shape, add, threads)


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
