from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.analysis.comparison.compare import compare
from harness.modeling.sizing import Size

if TYPE_CHECKING:
    from conftest import Maker


def test_what_differs_between_columns_of_one_task_is_told(make: Maker) -> None:
    records = [make("lstm", 0, 0.1), make("lstm", 0, 0.2, budget="full"), make("lstm", 0, 0.3, size=Size("hidden", 8))]
    assert [column.title for column in compare(records, []).columns] == [
        "adding (quick, params=1000)",
        "adding (full, params=1000)",
        "adding (quick, hidden=8)",
    ]


def test_an_edited_cell_replaces_its_earlier_version(make: Maker) -> None:
    old = [make("mine", seed, 0.9, source="old") for seed in (0, 1)]
    new = [replace(make("mine", seed, 0.1, source="new"), finished="2027") for seed in (0, 1)]
    comparison = compare([*old, *new], [])  # in the order of the store: the last is the newest
    assert comparison.columns[0].scores["mine"].mean == pytest.approx(0.1)
    assert comparison.notes == ["2 runs of earlier versions of a cell left out (harness runs lists them)."]
