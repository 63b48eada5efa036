from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.analysis.comparison.compare import compare
from harness.analysis.tables.costs import cost_headings, cost_rows
from harness.analysis.tables.numbers import value
from harness.modeling.sizing import Size

if TYPE_CHECKING:
    from conftest import Maker


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


def test_what_is_held_equal_stands_among_the_costs_with_what_is_missing(make: Maker) -> None:
    by_flops = compare([make("lstm", 0, 0.1, size=Size("flops", 2_000), flops_per_step=2_020)], [])
    assert dict(zip(cost_headings(by_flops), cost_rows(by_flops)[0], strict=True)) == {
        "task": "adding",
        "cell": "lstm",
        "hidden": "10",
        "parameters": "1,020",
        "FLOPs a step": "2,020 +1.0%",
        "recurrent": "50%",
        "train s ↓": "2.0",
        "steps/s ↑": "2k",
    }
    by_parameters = compare([make("lstm", 0, 0.1, flops_per_step=2_020)], [])
    assert cost_rows(by_parameters)[0][3] == "1,020 +2.0%"
    assert "FLOPs a step" not in cost_headings(by_parameters)
