from __future__ import annotations

import pytest

from harness.analysis.tables.numbers import value


@pytest.mark.parametrize(
    ("score", "digits", "text"),
    [
        (0.12345, 4, "0.1235"),
        (71.84, 1, "71.8"),
        (0.00002, 4, "2e-05"),  # not 0.0000
        (0.0, 4, "0.0000"),
        (2.5e9, 2, "2.50e+09"),
        (float("inf"), 2, "inf"),
    ],
)
def test_a_score_is_shown_with_its_digits(score: float, digits: int, text: str) -> None:
    assert value(score, digits) == text
