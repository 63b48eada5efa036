from __future__ import annotations

import pytest

from harness.runs.seeds import Auto, parse, plain


@pytest.mark.parametrize(
    ("most", "looks"),
    [(3, (3,)), (4, (3, 4)), (10, (3, 5, 8, 10)), (20, (3, 5, 8, 13, 20)), (30, (3, 5, 8, 13, 21, 30))],
)
def test_looks_are_few_and_end_at_the_most(most: int, looks: tuple[int, ...]) -> None:
    assert Auto(most).looks == looks


def test_what_is_written_is_what_is_read() -> None:
    assert parse("auto") == Auto(20)
    assert parse(" auto:max=7 ") == Auto(7)
    assert parse(5) == parse("5") == 5
    assert [parse(plain(seeds)) for seeds in (4, Auto(9))] == [4, Auto(9)]


@pytest.mark.parametrize("wrong", [0, -3, 1.5, True, None, "auto:max=2", "auto:min=3", "٣", []])
def test_what_is_no_number_of_seeds(wrong: object) -> None:
    with pytest.raises(ValueError, match="should be a number from 1"):
        parse(wrong)
