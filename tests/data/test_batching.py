"""Every symbol is predicted once, every example comes once, and states are carried where the text goes on."""

from __future__ import annotations

from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import bucketed, endless, streams
from harness.data.batching import POOL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness import Batch


def test_streams_by_hand() -> None:
    first, second = streams(np.arange(12), batch=2, chunk=3)  # 11 targets: 5 a stream, and one left out
    assert first.inputs.tolist() == [[0, 5], [1, 6], [2, 7]]
    assert first.targets.tolist() == [[1, 6], [2, 7], [3, 8]]
    assert second.inputs.tolist() == [[3, 8], [4, 9]]
    assert second.targets.tolist() == [[4, 9], [5, 10]]
    assert (first.carry, second.carry) == (False, True)


@given(st.integers(0, 300), st.integers(1, 9), st.integers(1, 40))
def test_every_symbol_but_the_first_is_a_target_once(length: int, batch: int, chunk: int) -> None:
    batches = list(streams(np.arange(length), batch, chunk))
    targets = sorted(target for piece in batches for target in piece.targets.ravel())
    predicted = max(length - 1, 0) // batch * batch
    assert targets == list(range(1, predicted + 1))
    assert length - 1 - predicted < batch
    assert all((piece.targets == piece.inputs + 1).all() for piece in batches)


@given(st.integers(2, 300), st.integers(1, 9), st.integers(1, 40))
def test_chunks_are_full_and_go_on_where_the_one_before_stopped(length: int, batch: int, chunk: int) -> None:
    batches = list(streams(np.arange(length), batch, chunk))
    assert [piece.carry for piece in batches] == [number > 0 for number in range(len(batches))]
    for before, after in pairwise(batches):
        assert before.inputs.shape == (chunk, batch)
        assert (after.inputs[0] == before.targets[-1]).all()


def test_a_new_pass_starts_with_new_states() -> None:
    carried = [piece.carry for piece in islice(endless(lambda: streams(np.arange(7), 1, 2)), 7)]
    assert carried == [False, True, True, False, True, True, False]


def test_nothing_to_train_on_is_an_error_rather_than_an_endless_search() -> None:
    with pytest.raises(ValueError, match="nothing to train on"):
        next(endless(lambda: streams(np.arange(1), 1, 2)))


lengths = st.lists(st.integers(1, 30), min_size=1, max_size=80)


def _lengths(piece: Batch) -> list[int]:
    assert piece.lengths is not None
    return [int(length) for length in piece.lengths]


def _sequences(lengths: Sequence[int]) -> list[Any]:
    """Sequence n is n + 1 repeated, so that padding, which is 0, can be told from it."""
    return [np.full(length, number + 1) for number, length in enumerate(lengths)]


@given(lengths, st.integers(1, 7), st.none() | st.integers(0, 9))
def test_each_sequence_comes_once_with_its_target_and_length(lengths: list[int], batch: int, seed: int | None) -> None:
    rng = None if seed is None else np.random.default_rng(seed)
    seen = []
    for piece in bucketed(_sequences(lengths), np.arange(len(lengths)), batch, rng):
        assert piece.inputs.shape == (max(_lengths(piece)), len(piece.targets))
        assert len(piece.targets) <= batch
        assert not piece.carry
        for column, target, length in zip(piece.inputs.T, piece.targets, _lengths(piece), strict=True):
            assert column.tolist() == [target + 1] * length + [0] * (len(column) - length)
            assert length == lengths[target]
            seen.append(target)
    assert sorted(seen) == list(range(len(lengths)))


@given(lengths, st.integers(1, 7))
def test_evaluation_goes_from_short_to_long(lengths: list[int], batch: int) -> None:
    pieces = bucketed(_sequences(lengths), np.arange(len(lengths)), batch)
    assert [length for piece in pieces for length in _lengths(piece)] == sorted(lengths)


def test_the_order_is_the_seeds_and_another_in_the_next_pass() -> None:
    sequences, targets = _sequences([3] * 50), np.arange(50)

    def passes(seed: int) -> Any:
        rng = np.random.default_rng(seed)
        pieces = islice(endless(lambda: bucketed(sequences, targets, 10, rng)), 10)
        order = [int(target) for piece in pieces for target in piece.targets]
        return order[:50], order[50:]

    assert passes(1) == passes(1)
    assert passes(1) != passes(2)
    assert passes(1)[0] != passes(1)[1]


def test_training_puts_similar_lengths_together_but_not_all_short_ones_first() -> None:
    lengths = np.random.default_rng(0).integers(1, 100, size=8 * POOL * 4).tolist()
    pieces = list(bucketed(_sequences(lengths), np.arange(len(lengths)), 8, np.random.default_rng(0)))
    padded = sum(piece.inputs.size for piece in pieces)
    assert padded < 1.1 * sum(lengths)
    longest = [max(_lengths(piece)) for piece in pieces]
    assert longest != sorted(longest)


def test_sequences_of_vectors_keep_their_features() -> None:
    (piece,) = bucketed([np.ones((2, 3), np.float32), np.ones((4, 3), np.float32)], np.zeros((2, 1)), 8)
    assert piece.inputs.shape == (4, 2, 3)
    assert piece.inputs.dtype == np.float32
    assert piece.inputs.sum(axis=(0, 2)).tolist() == [6, 12]


def test_an_empty_sequence_is_refused() -> None:
    with pytest.raises(ValueError, match="sequence 1 is empty"):
        next(bucketed([np.ones(2), np.ones(0)], np.zeros(2), 2))
