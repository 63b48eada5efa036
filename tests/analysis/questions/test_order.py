from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.analysis.comparison.compare import compare
from harness.analysis.questions.order import ordered
from harness.errors import HarnessError

if TYPE_CHECKING:
    from harness.runs.record import RunRecord


@pytest.mark.parametrize(
    ("by", "cells"),
    [
        ("cell", ["elman", "gru", "lstm"]),
        ("-cell", ["lstm", "gru", "elman"]),
        ("adding", ["gru", "elman", "lstm"]),
        ("-adding", ["lstm", "elman", "gru"]),
        ("digits", ["lstm", "gru", "elman"]),  # those without a score are last
        ("failed", ["lstm", "elman", "gru"]),
    ],
)
def test_cells_are_ordered(records: list[RunRecord], by: str, cells: list[str]) -> None:
    comparison = ordered(compare(records, []), by)
    assert comparison.cells == cells
    assert [score.cell for score in comparison.scores if score.task == "adding"] == cells


@pytest.mark.parametrize(
    ("by", "hint"),
    [
        ("parametres", 'Did you mean "parameters"?'),
        ("adding*", "several tasks"),
        ("mean", 'no "mean" to sort by'),  # of different tasks
    ],
)
def test_a_wrong_name_to_sort_by_is_told_with_what_there_is(records: list[RunRecord], by: str, hint: str) -> None:
    with pytest.raises(HarnessError) as told:
        ordered(compare(records, []), by)
    assert hint in str(told.value)
