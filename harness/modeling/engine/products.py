"""Matrix products of our own, where a compiler is: see product.c."""

from __future__ import annotations

import ctypes
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from harness.modeling.engine import build
from harness.modeling.engine.memory import POOL

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

SOURCE = Path(__file__).with_name("product.c")
FEWEST_ROWS = 4
"""Of a batch that a thread is worth its start for."""


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
        several = [number] * 3
        self._multiply.argtypes = [*[pointer, number, number] * 2, *several, pointer, number, number]
        self.address = ctypes.cast(library.multiply, ctypes.c_void_p)

    def pack(self, matrix: Tensor) -> Tensor:
        """A matrix (inner, outer), however it lies, in the order in which a product reads it."""
        packed = POOL.empty(matrix, self._size(*matrix.shape))
        self._pack(matrix.data_ptr(), *matrix.stride(), *matrix.shape, packed.data_ptr())
        return packed

    def __call__(self, a: Tensor, matrix: Tensor, out: Tensor, *, add: bool = False) -> None:
        """Write a (rows, inner) · matrix (inner, outer) to `out`, whose rows are contiguous, or add it there."""
        by_rows = len(a) >= matrix.shape[1]

        def share(low: int, high: int, _part: int) -> None:
            part = slice(low, high)
            rows, columns, to = (a[part], matrix, out[part]) if by_rows else (a, matrix[:, part], out[:, part])
            counts = (len(rows), *columns.shape)
            operands = (tensor for each in (rows, columns) for tensor in (each.data_ptr(), *each.stride()))
            self._multiply(*operands, *counts, to.data_ptr(), out.stride(0), add)

        in_parts(share, max(len(a), matrix.shape[1]))


def threads_for(rows: int) -> int:
    """How many threads share some rows."""
    return max(1, min(torch.get_num_threads(), rows // FEWEST_ROWS))


def in_parts(do: Callable[[int, int, int], object], rows: int) -> None:
    """Share out some rows over threads.

    Args:
        do: is told the first of its rows, the row after its last, and the number of its thread.
        rows: how many.
    """
    threads = threads_for(rows)
    if threads == 1:
        do(0, rows, 0)
        return
    bounds = [rows * part // threads for part in range(threads + 1)]
    list(_pool(threads, os.getpid()).map(do, bounds[:-1], bounds[1:], range(threads)))


@cache
def _pool(threads: int, process: int) -> ThreadPoolExecutor:  # noqa: ARG001 - a forked process has no threads yet
    """Threads that wait for work."""
    return ThreadPoolExecutor(threads)


@cache
def products(dtype: torch.dtype) -> Products:
    """Those of a type of numbers.

    Raises:
        RefusedError: they cannot be compiled here.
    """
    return Products(dtype)
