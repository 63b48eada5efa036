from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.analysis.statistics.letters import letters

NAMES = "ABCDEFG"
PAIRS = [frozenset(pair) for pair in combinations(NAMES, 2)]


def apart(*pairs: str) -> set[frozenset[str]]:
    return {frozenset(pair) for pair in pairs}


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ((), {"A": "a", "B": "a", "C": "a"}),
        (("AC",), {"A": "a", "B": "ab", "C": "b"}),
        (("AB", "AC"), {"A": "a", "B": "b", "C": "b"}),
        (("BC",), {"A": "ab", "B": "a", "C": "b"}),  # what the test says need not be transitive
        (("AB", "AC", "BC"), {"A": "a", "B": "b", "C": "c"}),
    ],
)
def test_worked_by_hand(pairs: tuple[str, ...], expected: dict[str, str]) -> None:
    assert letters("ABC", apart(*pairs)) == expected


def test_a_chain_of_neighbours_as_other_programs_letter_it() -> None:
    """Tukey's letters of five means, of which only neighbours are alike: ab, bc and so on."""
    chain = apart("AC", "AD", "AE", "BD", "BE", "CE")
    assert letters("ABCDE", chain) == {"A": "a", "B": "ab", "C": "bc", "D": "cd", "E": "d"}


@given(st.sets(st.sampled_from(PAIRS)))
def test_a_letter_is_shared_exactly_where_two_are_not_apart(pairs: set[frozenset[str]]) -> None:
    found = letters(NAMES, pairs)
    for one, other in combinations(NAMES, 2):
        assert bool(set(found[one]) & set(found[other])) == (frozenset({one, other}) not in pairs)


@given(st.permutations(PAIRS), st.integers(0, len(PAIRS)))
def test_groups_are_those_of_inserting_and_absorbing(pairs: list[frozenset[str]], count: int) -> None:
    groups = {frozenset(NAMES)}
    for pair in pairs[:count]:  # Piepho 2004, as the paper words it
        both = {group for group in groups if pair <= group}
        groups = groups - both | {group - {name} for group in both for name in pair}
        groups = {group for group in groups if not any(group < other for other in groups)}
    found = letters(NAMES, set(pairs[:count]))
    assert {frozenset(name for name in NAMES if sign in found[name]) for sign in "".join(found.values())} == groups


def test_more_groups_than_letters() -> None:
    names = [f"cell {number}" for number in range(60)]
    found = letters(names, {frozenset(pair) for pair in combinations(names, 2)})
    assert len(set(found.values())) == 60
    assert (found["cell 0"], found["cell 51"], found["cell 59"]) == ("a", "Z", "(60)")
