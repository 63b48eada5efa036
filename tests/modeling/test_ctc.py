"""Decoding CTC, held against all alignments."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby, product

import numpy as np
import pytest
import torch

from harness.modeling.ctc import best_paths, prefix_beam, prefix_beams


def labellings(rows: np.ndarray) -> dict[tuple[int, ...], float]:
    """The probability of each string: the sum over all of its alignments."""
    found: dict[tuple[int, ...], float] = defaultdict(float)
    for path in product(range(rows.shape[1]), repeat=len(rows)):
        string = tuple(symbol for symbol, _ in groupby(path) if symbol)
        found[string] += float(np.prod([rows[step, symbol] for step, symbol in enumerate(path)]))
    return found


@pytest.mark.parametrize("seed", range(40))
def test_a_wide_beam_finds_the_likeliest_string_over_all_alignments(seed: int) -> None:
    rows = np.random.default_rng(seed).dirichlet([0.8] * 3, size=5)
    exact = labellings(rows)
    assert exact[tuple(prefix_beam(rows.tolist(), 200))] == pytest.approx(max(exact.values()), abs=1e-3)


def test_the_likeliest_string_need_not_be_that_of_the_likeliest_path() -> None:
    rows = [[0.6, 0.4], [0.6, 0.4]]  # nothing has 0.36, and "1" in its three alignments 0.64
    logits = torch.tensor(rows).log()[:, None]
    assert best_paths(logits) == [[]]
    assert prefix_beams(logits) == [[1]]


def test_only_a_blank_between_makes_two_of_one() -> None:
    def path(*symbols: int) -> torch.Tensor:
        return 20.0 * torch.nn.functional.one_hot(torch.tensor(symbols), 4).float()[:, None]

    for decode in (best_paths, prefix_beams):
        assert decode(path(0, 1, 1, 0, 2, 2)) == [[1, 2]]
        assert decode(path(1, 1, 0, 1, 3, 3)) == [[1, 1, 3]]
        assert decode(path(0, 0, 0)) == [[]]


def test_what_lies_behind_the_end_of_a_sequence_is_not_read() -> None:
    logits = 20.0 * torch.nn.functional.one_hot(torch.tensor([[1, 1], [0, 0], [2, 2]]), 3).float()  # (3, 2, 3)
    lengths = torch.tensor([3, 2])
    for decode in (best_paths, prefix_beams):
        assert decode(logits, lengths) == [[1, 2], [1]]


def test_a_long_sequence_does_not_underflow() -> None:
    rows = [[0.02, 0.49, 0.49]] * 2_000
    assert len(prefix_beam(rows, 4)) > 0
    sure = torch.full((1_500, 1, 12), 0.0)
    sure[::3, 0, 5] = 9.0
    sure[1::3, 0, 0] = sure[2::3, 0, 0] = 9.0
    assert prefix_beams(sure) == [[5] * 500]
