"""The edit distance."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.training.edits import edit_distance

few = st.lists(st.integers(0, 2), max_size=5).map(tuple)


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [
        ("", "", 0),
        ("", "abc", 3),
        ("abc", "", 3),
        ("kitten", "sitting", 3),
        ("flaw", "lawn", 2),
        ("ab", "ba", 2),  # a swap is two edits
        (["K", "AE1", "T"], ["K", "AH0", "T", "S"], 2),  # symbols of any kind
    ],
)
def test_distances_by_hand(a: str, b: str, distance: int) -> None:
    assert edit_distance(a, b) == distance


@given(a=few, b=few)
def test_it_is_the_fewest_over_all_ways_to_edit(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    @cache
    def fewest(i: int, j: int) -> int:
        if not i or not j:
            return i + j
        if a[i - 1] == b[j - 1]:
            return fewest(i - 1, j - 1)
        return 1 + min(fewest(i - 1, j), fewest(i, j - 1), fewest(i - 1, j - 1))

    assert edit_distance(a, b) == fewest(len(a), len(b))
