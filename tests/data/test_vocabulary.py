"""Symbols come from the training text only, and every text can be numbered."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import Vocabulary
from harness.data.vocabulary import UNKNOWN


def test_characters_are_those_of_the_training_text_in_order() -> None:
    vocabulary = Vocabulary.characters("banana", "nab")
    assert vocabulary.symbols == ("a", "b", "n")
    assert vocabulary.encode("banana").tolist() == [1, 0, 2, 0, 2, 0]


def test_a_character_that_only_held_out_text_has_is_unknown() -> None:
    vocabulary = Vocabulary.characters("abca", "ab", "axz")
    assert vocabulary.symbols == ("a", "b", "c", UNKNOWN)
    assert vocabulary.encode("xaz").tolist() == [3, 0, 3]


def test_characters_beyond_the_basic_plane_and_beyond_the_last_known_one() -> None:
    vocabulary = Vocabulary.characters("a😀é", "\U0010ffff")
    assert vocabulary.encode("😀\U0010ffffaé").tolist() == [2, 3, 0, 1]


def test_an_unseen_symbol_without_an_unknown_one_is_an_error_that_names_it() -> None:
    with pytest.raises(ValueError, match="'x' is not in the vocabulary"):
        Vocabulary.characters("abc").encode("abxc")


def test_an_empty_text_has_no_numbers() -> None:
    assert Vocabulary.characters("abc").encode("").shape == (0,)
    assert Vocabulary.frequent([["a"]], 2).encode([]).shape == (0,)


def test_frequent_words_are_kept_and_ties_do_not_depend_on_the_order_of_the_texts() -> None:
    texts = [["b", "a", "c"], ["c", "d", "d", "d"]]
    assert Vocabulary.frequent(texts, 4).symbols == ("d", "c", "a", UNKNOWN)
    assert Vocabulary.frequent(texts[::-1], 4).symbols == ("d", "c", "a", UNKNOWN)


def test_rare_words_are_unknown_in_training_too() -> None:
    vocabulary = Vocabulary.frequent([["often", "often", "once"]], 10, minimum_count=2)
    assert vocabulary.encode(["once", "often", "never"]).tolist() == [1, 0, 1]


@given(st.text(min_size=1), st.text())
def test_decoding_gives_back_what_was_known(training: Any, other: str) -> None:
    vocabulary = Vocabulary.characters(training, other)
    expected = [character if character in training else UNKNOWN for character in other]
    assert vocabulary.decode(vocabulary.encode(other)) == expected
