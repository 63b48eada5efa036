"""The n-gram baseline is exactly what its formula says."""

from __future__ import annotations

from collections import Counter, defaultdict
from fractions import Fraction
from math import log
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import Vocabulary
from harness_text.corpora import TINY_SHAKESPEARE
from harness_text.ngram import cross_entropy, probabilities, windows


def slow_probability(training: Any, history: list[int] | None, symbol: int, size: int) -> Fraction:
    """The same formula with dictionaries and fractions, over the windows as long as the history and the symbol."""
    if history is None:
        return Fraction(1, size)
    order = len(history) + 1
    grams = [tuple(training[place : place + LONGEST]) for place in range(len(training) - LONGEST + 1)]
    followers: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
    for gram in grams:
        followers[gram[LONGEST - order : -1]][gram[-1]] += 1
    lower = slow_probability(training, history[1:] if history else None, symbol, size)
    seen = followers[tuple(history)]
    total, kinds = seen.total(), len(seen)
    return (seen[symbol] + kinds * lower) / (total + kinds) if total else lower


LONGEST = 3
symbols = st.lists(st.integers(0, 3), min_size=LONGEST, max_size=25)


@given(symbols, st.tuples(*[st.integers(0, 3)] * LONGEST))
def test_it_agrees_with_dictionaries_and_fractions(training: Any, window: tuple[int, ...]) -> None:
    asked = windows(np.array(window), 4, LONGEST)
    expected = slow_probability(training, list(window[:-1]), window[-1], 4)
    assert probabilities(np.array(training), asked, 4, LONGEST)[0] == pytest.approx(float(expected), rel=1e-12)


@given(symbols, st.integers(1, LONGEST))
def test_probabilities_of_all_symbols_after_any_history_sum_to_one(training: Any, order: int) -> None:
    every = np.arange(4**order)
    sums = probabilities(np.array(training), every, 4, order).reshape(-1, 4).sum(axis=1)
    assert sums == pytest.approx(np.ones(4 ** (order - 1)), rel=1e-12)


def test_a_bigram_by_hand() -> None:
    # Training a b a a, windows ab ba aa; 2 symbols. P1(a) = (2 + 2/2) / (3 + 2) = 3/5, of the windows' last symbols.
    # After a: C(aa) = C(ab) = 1, T = 2, so P(a | a) = (1 + 2 * 3/5) / (2 + 2) = 11/20.
    # After b: C(ba) = 1, T = 1, so P(a | b) = (1 + 3/5) / 2 = 4/5.
    asked = windows(np.array([0, 0, 1, 0]), 2, 2)  # aa ab ba
    assert probabilities(np.array([0, 1, 0, 0]), asked, 2, 2) == pytest.approx([11 / 20, 9 / 20, 4 / 5])
    entropy = cross_entropy(np.array([0, 1, 0, 0]), np.array([0, 0, 1, 0]), 2, 2)
    assert entropy == pytest.approx(-(log(11 / 20) + log(9 / 20) + log(4 / 5)) / 3)


def test_too_many_symbols_to_number_is_an_error_rather_than_an_overflow() -> None:
    with pytest.raises(ValueError, match="4-grams of 100000 symbols"):
        windows(np.zeros(9, np.int64), 100_000, 4)


@pytest.mark.usefixtures("real_data")
def test_published_figures_on_tiny_shakespeare() -> None:
    text = TINY_SHAKESPEARE.text()
    border = int(0.9 * len(text))
    vocabulary = Vocabulary.characters(text[:border], text[border:])
    assert vocabulary.size == 65
    train, test = vocabulary.encode(text[:border]), vocabulary.encode(text[border:])
    nats = [cross_entropy(train, test, 65, order) for order in range(1, 7)]
    assert nats == pytest.approx([3.347, 2.486, 2.049, 1.774, 1.669, 1.698], abs=5e-4)
