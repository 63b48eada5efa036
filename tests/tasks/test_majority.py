"""The most frequent class of a character in its context, by hand and against a dictionary."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from harness_text.majority import by_context

SYMBOLS = np.array([[0, 1, 0, 1], [0, 0, 1, 2]], dtype=np.uint8)
CLASSES = np.array([[1, 0, 1, 1], [1, 1, 1, 0]], dtype=np.uint8)


def guessed(order: int, *asked: int) -> list[int]:
    return by_context((SYMBOLS, CLASSES), np.array([asked], dtype=np.uint8), order, 4).tolist()


def test_the_most_frequent_class_by_hand() -> None:
    assert guessed(0, 0, 1, 2, 3) == [1, 1, 1, 1]  # six of eight
    assert guessed(1, 0, 1, 2, 3) == [1, 1, 0, 1]  # 1 is 0, 1 and 1; 2 is 0; 3 never came
    assert guessed(2, 0, 1, 2, 1) == [1, 1, 0, 1]  # 1 after 0 is 0, 1 and 1, 2 after 1 is 0; 1 never came after 2


def test_a_tie_goes_to_the_first_class() -> None:
    symbols = np.array([[0, 0]], dtype=np.uint8)
    assert by_context((symbols, np.array([[1, 0]], dtype=np.uint8)), symbols, 1, 1).tolist() == [0, 0]


@given(
    symbols=arrays(np.uint8, (3, 6), elements=st.integers(0, 2)),
    classes=arrays(np.uint8, (3, 6), elements=st.integers(0, 2)),
    asked=arrays(np.uint8, (2, 5), elements=st.integers(0, 2)),
    order=st.integers(0, 3),
)
def test_a_context_that_training_lacks_gives_way_to_the_shorter_one(
    symbols: np.ndarray, classes: np.ndarray, asked: np.ndarray, order: int
) -> None:
    counts: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
    for row, truth in zip(symbols.tolist(), classes.tolist(), strict=True):
        padded = [9, 9, 9, *row]
        for place, number in enumerate(truth):
            for shorter in range(order + 1):
                counts[tuple(padded[place + 4 - shorter : place + 4])][number] += 1
    expected = []
    for row in asked.tolist():
        padded = [9, 9, 9, *row]
        for place in range(len(row)):
            windows = [tuple(padded[place + 4 - length : place + 4]) for length in range(order, -1, -1)]
            known = next(window for window in windows if window in counts)
            highest = max(counts[known].values())
            expected.append(min(number for number, count in counts[known].items() if count == highest))
    assert by_context((symbols, classes), asked, order, 3).tolist() == expected
