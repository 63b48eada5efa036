"""Options given as text become values of the annotated types, or a sentence that says what would be right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import pytest
from annotated_types import Ge, Lt
from pydantic import AfterValidator

from harness import HarnessError
from harness.registry import bind, signature

if TYPE_CHECKING:
    from pathlib import Path


def _even(value: int) -> int:
    if value % 2:
        raise ValueError("should be even.")
    if value > 99:
        raise AssertionError("should be\nsmall")
    return value


class Adding:
    def __init__(  # noqa: PLR0913 - one option of each kind
        self,
        required: int,
        length: Annotated[int, Ge(2)] = 100,
        marks: Literal["anywhere", "halves"] = "anywhere",
        heads: Literal[1, 2, 4] = 1,
        noise: Annotated[float, Ge(0), Lt(1)] = 0.0,
        cut: int | None = None,
        pairs: Annotated[int, AfterValidator(_even)] = 2,
        *,
        shuffle: bool = True,
        file: Path | None = None,  # known to type checkers only
        plain=3,  # noqa: ANN001 - not every author annotates
        **others: int,
    ) -> None:
        pass


class Optionless:
    def __init__(self, input_size: int, hidden_size: int) -> None:
        pass


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("length", "2", 2),
        ("marks", "halves", "halves"),
        ("heads", "4", 4),
        ("heads", 4, 4),
        ("noise", "0.5", 0.5),
        ("noise", "0", 0.0),
        ("cut", "none", None),
        ("cut", "7", 7),
        ("shuffle", "false", False),
        ("shuffle", "true", True),
        ("shuffle", True, True),
        ("plain", "8", 8),
        ("file", "a.txt", "a.txt"),
        ("file", "none", None),
    ],
)
def test_text_becomes_a_value_of_the_annotated_type(name: str, text: object, value: object) -> None:
    bound = bind(Adding, {name: text}, 'task "adding"')
    assert bound == {name: value}
    assert type(bound[name]) is type(value)


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("length", "1", "length=1 cannot be used: it should be greater than or equal to 2."),
        (
            "length",
            "ten",
            "length=ten cannot be used: it should be a whole number.",
        ),
        (
            "length",
            "2.5",
            "length=2.5 cannot be used: it should be a whole number.",
        ),
        ("length", "none", "length=none cannot be used: it should be a whole number."),
        ("marks", "nowhere", "marks=nowhere cannot be used: it should be 'anywhere' or 'halves'."),
        ("marks", "half", "marks=half cannot be used: it should be 'anywhere' or 'halves'. Did you mean \"halves\"?"),
        ("pairs", "3", "pairs=3 cannot be used: it should be even."),
        ("pairs", "100", "pairs=100 cannot be used: it should be small."),
        ("heads", "3", "heads=3 cannot be used: it should be 1, 2 or 4."),
        ("noise", "1", "noise=1 cannot be used: it should be less than 1."),
        ("shuffle", "perhaps", "shuffle=perhaps cannot be used: it should be true or false."),
        ("plain", "x", "plain=x cannot be used: it should be a whole number."),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_what_would(name: str, text: object, reason: str) -> None:
    with pytest.raises(HarnessError) as caught:
        bind(Adding, {name: text}, 'task "adding"')
    assert str(caught.value).startswith(f'task "adding": {reason}')
    assert len(str(caught.value).splitlines()) == 1


def test_a_misspelt_option_is_named_with_the_nearest_and_with_all() -> None:
    with pytest.raises(HarnessError) as caught:
        bind(Adding, {"lenght": "400"}, 'task "adding"')
    assert str(caught.value) == (
        'task "adding" has no option "lenght". Did you mean "length"? Its options: length (100), marks (anywhere), '
        "heads (1), noise (0.0), cut (none), pairs (2), shuffle (true), file (none), plain (3)."
    )


@pytest.mark.parametrize("name", ["required", "others", "self"])
def test_what_has_no_default_is_no_option(name: str) -> None:
    assert name not in signature(Adding)
    with pytest.raises(HarnessError, match=f'has no option "{name}"'):
        bind(Adding, {name: "1"}, 'task "adding"')


def test_a_class_without_options_says_so() -> None:
    with pytest.raises(HarnessError, match=r'^cell "plain" has no option "size"\. It has none\.$'):
        bind(Optionless, {"size": "3"}, 'cell "plain"')


def test_without_options_nothing_is_set() -> None:
    assert bind(Adding, {}, 'task "adding"') == {}
