"""Writing a sequence, held against all sequences that there are."""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
import torch

from harness.modeling.search import beam_search, greedy_search

if TYPE_CHECKING:
    from torch import Tensor

SIZE, LONGEST = 3, 4
FIRST = torch.tensor([[7.0], [11.0], [13.0]], dtype=torch.float64)


class Remembers:
    """A decoder whose probabilities depend on all that was read, which its state holds as one number."""

    def __init__(self, seed: int) -> None:
        torch.manual_seed(seed)
        self.table = torch.randn(5_000, SIZE).double().mul(2).log_softmax(dim=1)

    def embedding(self, symbols: Tensor) -> Tensor:
        return symbols[:, None].double() + 1

    def step(self, x: Tensor, states: Any) -> tuple[Tensor, Any]:
        history = states[0][0] * 4 + x
        return self.table[history[:, 0].long() % 5_000], [(history,)]


def likeliest(decoder: Remembers, first: int) -> list[int]:
    """Of all sequences that end, or go on to the longest, by trying each."""
    scores: dict[tuple[int, ...], float] = {}
    for whole in product(range(SIZE), repeat=LONGEST):
        end = whole.index(0) if 0 in whole else LONGEST
        history, total = first, 0.0
        for symbol in whole[: end + 1]:
            total += decoder.table[history % 5_000, symbol].item()
            history = history * 4 + symbol + 1
        scores[whole[:end]] = total
    assert sum(map(math.exp, scores.values())) == pytest.approx(1)
    return list(max(scores, key=lambda sequence: scores[sequence]))


@pytest.mark.parametrize("seed", range(10))
def test_a_wide_beam_finds_the_likeliest_sequence(seed: int) -> None:
    decoder: Any = Remembers(seed)
    first, states = FIRST, [(torch.zeros_like(FIRST),)]
    found = beam_search(decoder, first, states, LONGEST, beam=SIZE**LONGEST)
    assert found == [likeliest(decoder, start) for start in (7, 11, 13)]


@pytest.mark.parametrize("seed", range(5))
def test_a_beam_of_one_is_greedy_and_greedy_takes_the_likeliest_symbol_each_time(seed: int) -> None:
    decoder: Any = Remembers(seed)
    first, states = FIRST, [(torch.zeros_like(FIRST),)]
    greedy = greedy_search(decoder, first, states, LONGEST)
    assert beam_search(decoder, first, states, LONGEST, beam=1) == greedy
    for start, written in zip((7, 11, 13), greedy, strict=True):
        history, expected = start, []
        while len(expected) < LONGEST and (symbol := int(decoder.table[history % 5_000].argmax())):
            expected.append(symbol)
            history = history * 4 + symbol + 1
        assert written == expected
