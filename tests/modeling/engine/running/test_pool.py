"""Memory that is used again: nobody writes where somebody reads, and little is kept."""

from __future__ import annotations

import gc
import weakref

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from harness.modeling.engine.running import memory
from harness.modeling.engine.running.memory import LEAST, LINE, Pool

LIKE = torch.zeros(1)
MANY = LEAST // 4
"""Numbers that are worth keeping."""


def test_what_nobody_reads_is_given_out_again() -> None:
    pool = Pool()
    first = pool.empty(LIKE, 3, MANY)
    address = first.data_ptr()
    row = first[1]
    del first
    assert pool.empty(LIKE, 3, MANY).data_ptr() != address  # a view of it is still there
    del row
    assert pool.empty(LIKE, 3, MANY).data_ptr() == address


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_it_is_of_the_shape_and_type_that_are_asked_for(dtype: torch.dtype) -> None:
    pool = Pool()
    for shape in ((2, 3), (MANY,), (5, 7, MANY)):
        made = pool.empty(LIKE.to(dtype), *shape)
        assert (made.dtype, tuple(made.shape), made.is_contiguous()) == (dtype, shape, True)


@given(st.lists(st.integers(MANY, 4 * MANY), min_size=2, max_size=6))
def test_no_two_that_are_read_share_memory(sizes: list[int]) -> None:
    pool = Pool()
    for _ in range(2):
        made = [pool.empty(LIKE, size).fill_(number) for number, size in enumerate(sizes)]
        assert all((tensor == number).all() for number, tensor in enumerate(made))
        del made


@given(st.integers(MANY, 4 * MANY))
def test_memory_begins_where_a_processor_fetches(size: int) -> None:
    assert Pool().empty(LIKE, size).data_ptr() % LINE == 0


@given(st.integers(LEAST, 1 << 40))
def test_a_block_is_larger_than_asked_by_less_than_a_quarter(size: int) -> None:
    assert size <= memory._rounded(size) < 1.25 * size


def test_the_oldest_go_where_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MOST", 3 * LEAST)
    pool = Pool()
    made = [pool.empty(LIKE, MANY) for _ in range(4)]
    addresses = [tensor.data_ptr() for tensor in made]
    blocks = [weakref.ref(pool._given[address]) for address in addresses]
    gc.disable()
    try:
        while made:
            made.pop(0)
        assert [block() is None for block in blocks] == [True, False, False, False]
    finally:
        gc.enable()
    assert pool.empty(LIKE, MANY).data_ptr() == addresses[-1]


def test_views_of_steps_are_made_once() -> None:
    pool = Pool()
    whole = pool.empty(LIKE, 4, 2, MANY)
    steps = pool.steps(whole, 1, 2)
    assert torch.equal(steps[3], whole[3, :, 1:3])
    whole[3, 1, 2] = 5
    assert steps[3][1, 1] == 5
    assert pool.steps(whole, 1, 2) is steps
