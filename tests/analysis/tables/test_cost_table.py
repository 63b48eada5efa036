from __future__ import annotations

from typing import TYPE_CHECKING

from harness.analysis.comparison.compare import compare
from harness.analysis.tables.costs import cost_headings, cost_rows
from harness.modeling.sizing import Size

if TYPE_CHECKING:
    from conftest import Maker


def test_who_was_checked_is_a_column_where_only_some_were(make: Maker) -> None:
    yes, no, failed = (
        make(cell, 0, 1.0, checked=verdict)
        for cell, verdict in (("a", "passed 12 of 12, 0.1.0"), ("b", ""), ("c", "failed 1 of 12, 0.1.0"))
    )
    some = compare([yes, no, failed], [])
    assert cost_headings(some)[-1] == "checked"
    assert [row[-1] for row in cost_rows(some)] == ["yes", "no", "failed"]
    for runs in ([yes], [no]):
        assert "checked" not in cost_headings(compare(runs, []))
    assert "All cells have passed harness check." in compare([yes], []).notes
    assert not compare([no], []).notes
    assert not some.notes


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
