"""The engine's own matrix products, at sizes around the blocks in which they are made."""

from __future__ import annotations

import ctypes
import math
import mmap
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.modeling.engine.native.products import products

NOBODY = 0
"""PROT_NONE, of memory that may not be read."""
SIZES = st.sampled_from([1, 2, 4, 11, 12, 13, 16, 31, 33, 35, 40, 65, 255, 257, 511, 513, 530])
"""Tiles have up to 12 rows and 16 or 32 columns, or half as many, blocks 256 rows and 512 columns of the matrix."""


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(SIZES, min_size=1, max_size=3),
    inner=SIZES,
    outer=SIZES,
    by_columns=st.booleans(),
    transposed=st.booleans(),
    add=st.booleans(),
    threads=st.sampled_from([1, 2]),
)
def test_products_are_torchs(
    dtype: torch.dtype,
    rows: list[int],
    inner: int,
    outer: int,
    by_columns: bool,  # noqa: FBT001
    transposed: bool,  # noqa: FBT001
    add: bool,  # noqa: FBT001
    threads: int,
) -> None:
    generator, before = torch.Generator().manual_seed(0), torch.get_num_threads()

    def random(height: int, width: int, *, turned: bool = False) -> torch.Tensor:
        shape = (width, height) if turned else (height, width)
        made = torch.randn(shape, generator=generator, dtype=dtype)
        return made.t() if turned else made

    matrix = random(inner, outer, turned=transposed)
    pairs = [(random(count, inner, turned=by_columns), random(count, outer)) for count in rows]
    right = [a.double() @ matrix.double() + (out.double() if add else 0) for a, out in pairs]
    torch.set_num_threads(threads)
    try:
        products(dtype)(pairs, matrix, add=add)
    finally:
        torch.set_num_threads(before)
    near = 1e-12 if dtype == torch.float64 else 3e-6
    for (_, out), wanted in zip(pairs, right, strict=True):
        torch.testing.assert_close(out.double(), wanted, rtol=near, atol=near * inner**0.5 * 4)


@pytest.mark.parametrize("rows", [[2000, 100], [1500, 1000, 20], [2400]])
@pytest.mark.parametrize("threads", [1, 2])
def test_rows_by_columns_of_which_there_is_room_for_some_only(rows: list[int], threads: int) -> None:
    """Copies of 2160 rows are kept for the blocks of further columns; others are made again for each."""
    matrix, before = torch.randn(300, 600, dtype=torch.float64), torch.get_num_threads()
    pairs = [(torch.randn(300, n, dtype=torch.float64).t(), torch.empty(n, 600, dtype=torch.float64)) for n in rows]
    torch.set_num_threads(threads)
    try:
        products(torch.float64)(pairs, matrix)
    finally:
        torch.set_num_threads(before)
    for a, out in pairs:
        torch.testing.assert_close(out, a @ matrix, rtol=1e-12, atol=1e-12)


@pytest.mark.skipif(sys.platform == "win32", reason="a page is forbidden by mprotect")
@pytest.mark.parametrize("rows", [1, 11, 12, 13, 25])
def test_nothing_is_read_beyond_the_end(rows: int) -> None:
    """Rows that lie by columns are copied a tile at once, and the page after the last one may not be read."""
    page, inner = mmap.PAGESIZE, 5
    memory = mmap.mmap(-1, 2 * page)
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    assert ctypes.CDLL(None).mprotect(ctypes.c_void_p(start + page), ctypes.c_size_t(page), NOBODY) == 0
    last = torch.from_numpy(np.frombuffer(memory, np.float32, inner * rows, page - 4 * inner * rows)).view(inner, rows)
    last[:] = torch.randn(inner, rows)
    matrix, out = torch.randn(inner, 40), torch.empty(rows, 40)
    products(torch.float32)([(last.t(), out)], matrix)
    torch.testing.assert_close(out, last.t() @ matrix)


@pytest.mark.parametrize("outer", [3, 8, 16, 31, 33, 64, 70, 100, 150])
def test_packing_writes_no_further_than_it_says(outer: int) -> None:
    made, matrix = products(torch.float32), torch.randn(9, outer)
    size = made._size(9, outer)
    to = torch.full((size + 256,), math.pi)
    made._pack(matrix.data_ptr(), outer, 1, 9, outer, to.data_ptr())
    assert (to[size:] == math.pi).all()
    assert not (to[:size] == math.pi).any()


@pytest.mark.parametrize("features", [0, 7, 256, 600])
@pytest.mark.parametrize("outer", [1, 16, 48, 66, 77, 530])
@pytest.mark.parametrize("inner", [6, 300])
@pytest.mark.parametrize("rows", [1, 30, 150])
@pytest.mark.parametrize("begun", ["with what is there", "with a bias"])
def test_a_product_begins_with_what_is_there_or_a_bias_and_may_take_in_another(
    rows: int, inner: int, outer: int, features: int, begun: str
) -> None:
    """As the loops of a step call it: with matrices that were packed."""
    made = products(torch.float64)
    a, matrix, bias, out = (torch.randn(*s).double() for s in ((rows, inner), (inner, outer), (outer,), (rows, outer)))
    x, other = torch.randn(rows, features).double(), torch.randn(features, outer).double()
    add = begun == "with what is there"
    right = (out if add else bias) + a @ matrix + x @ other
    packed, other_packed, number, pointer = made.pack(matrix), made.pack(other), ctypes.c_int64, ctypes.c_void_p
    types = (pointer, number, pointer, *[number] * 3, pointer, number, number, *[pointer] * 3, number)
    multiply, sizes = ctypes.CFUNCTYPE(None, *types)(made.address.value or 0), (rows, inner, outer)
    beside = (x.data_ptr(), other_packed.data_ptr(), features) if features else (None, None, 0)
    multiply(a.data_ptr(), inner, packed.data_ptr(), *sizes, out.data_ptr(), outer, add, bias.data_ptr(), *beside)
    torch.testing.assert_close(out, right, rtol=1e-12, atol=1e-12)
