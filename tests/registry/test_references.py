"""How names with options are taken apart."""

from __future__ import annotations

from typing import Any

import pytest

from harness import HarnessError
from harness.registry import Component, Reference, split


@pytest.mark.parametrize(
    ("text", "target", "options"),
    [
        ("lstm", "lstm", {}),
        ("  lstm ", "lstm", {}),
        ("cell-harness/lstm:forget_bias=2", "cell-harness/lstm", {"forget_bias": "2"}),
        ("lstm:b=2:a=1", "lstm", {"a": "1", "b": "2"}),
        ("char-lm:corpus=C:\\texts\\book.txt", "char-lm", {"corpus": "C:\\texts\\book.txt"}),
        ("char-lm:corpus=a=b.txt:length=3", "char-lm", {"corpus": "a=b.txt", "length": "3"}),
        ("char-lm:corpus=", "char-lm", {"corpus": ""}),
        ("my_cell.py:MGU", "my_cell.py:MGU", {}),
        ("D:\\cells\\my_cell.py:MGU:size=3", "D:\\cells\\my_cell.py:MGU", {"size": "3"}),
    ],
)
def test_a_name_and_its_options(text: str, target: str, options: dict[str, str]) -> None:
    reference = Reference.parse(text)
    assert reference.target == target
    assert list(reference.options.items()) == list(options.items())  # in the order of their names


def test_a_class_in_a_file_is_told_from_a_registered_name() -> None:
    assert Reference.parse("D:\\cells\\my_cell.py:MGU:size=3").in_file == ("D:\\cells\\my_cell.py", "MGU")
    assert Reference.parse("../my_cell.py:MGU").in_file == ("../my_cell.py", "MGU")
    assert Reference.parse("lstm:forget_bias=2").in_file is None
    assert Reference.parse("cell-harness/lstm").in_file is None


@pytest.mark.parametrize("text", ["", "  ", ":a=1", "lstm:", "lstm:forget_bias", "lstm:=3", "lstm:forget bias=3"])
def test_what_is_no_name_with_options_is_refused(text: str) -> None:
    with pytest.raises(HarnessError, match=r"cannot be read: write name:option=value"):
        Reference.parse(text)


def test_an_option_without_a_value_is_shown_with_one() -> None:
    with pytest.raises(HarnessError, match=r"write name:option=value, as in lstm:peephole=VALUE, or FILE.py:CLASS"):
        Reference.parse("lstm:peephole")


def test_an_option_that_comes_twice_is_refused() -> None:
    with pytest.raises(HarnessError, match=r'^"lstm:a=1:b=2:a=1" gives an option twice\.$'):
        Reference.parse("lstm:a=1:b=2:a=1")


def test_names_come_in_lists_of_several_kinds_each_once() -> None:
    assert split(["lstm, gru", "elman", "gru,", ""]) == ["lstm", "gru", "elman"]


def component(**changes: Any) -> Component:
    fields = {"target": "lstm", "name": "lstm", "options": {}, "distribution": "d", "version": "1", "source": "abc"}
    return Component(**{**fields, **changes})


def test_a_label_shows_options_as_users_write_them() -> None:
    options = {"bias": 2.0, "corpus": "kjv", "cut": None, "peephole": True}
    assert component(options=options).label == "lstm:bias=2.0:corpus=kjv:cut=none:peephole=true"
    assert Reference.parse(component(options=options).label).options["cut"] == "none"


def test_the_identity_of_a_cell_covers_its_code_but_not_its_place() -> None:
    in_file = component(target="a/my_cell.py:MGU")
    assert in_file.identity() == component(target="b/my_cell.py:MGU").identity()
    for change in ({"source": "x"}, {"version": "2"}, {"options": {"a": 1}}, {"distribution": "e"}, {"name": "gru"}):
        assert component(**change).identity() != component().identity()
