from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.analysis.comparison.compare import compare
from harness.analysis.figures.profiles import THRESHOLDS, profiles
from harness.analysis.figures.ranks import diagram
from harness.analysis.report.over_tasks import profile, ranks
from harness.registry import Component
from harness.runs.record import BaselineRecord
from harness.runs.spec import BaselineSpec

if TYPE_CHECKING:
    from conftest import Maker

    from harness.analysis.comparison import Comparison


def of(make: Maker, tasks: int, cells: str = "abcd") -> Comparison:
    """Cells that stand in the same order on every task, the errors 0.1, 0.2 and so on; a constant has 1."""
    components = [Component(f"task{number}", f"task{number}", {}, "x", "1", "bb") for number in range(tasks)]
    records = [
        make(cell, seed, 0.1 * (place + 1), task=task)
        for task in components
        for place, cell in enumerate(cells)
        for seed in range(2)
    ]
    scores = [{"name": "constant", "scores": {"MSE": 1.0}}]
    return compare(records, [BaselineRecord(BaselineSpec(task, "generated"), scores) for task in components])


def test_names_stand_at_both_sides_and_bars_join_what_is_near(make: Maker) -> None:
    found = diagram(of(make, 8))
    assert found is not None
    assert [(stalk.cell, stalk.rank, stalk.level, stalk.left) for stalk in found.stalks] == [
        ("a", 1.0, 1, True),
        ("b", 2.0, 2, True),
        ("c", 3.0, 2, False),  # the worst is the highest on its side, so that no line crosses another
        ("d", 4.0, 1, False),
    ]
    assert found.critical == pytest.approx(2.569 * (4 * 5 / (6 * 8)) ** 0.5, abs=1e-3)  # q of 4 cells, Demšar's table 5
    assert [(low, high) for low, high, _ in found.groups] == [(1.0, 2.0), (2.0, 3.0), (3.0, 4.0)]


def test_too_few_tasks_have_no_critical_difference(make: Maker) -> None:
    found = diagram(of(make, 2))
    assert found is not None
    assert found.critical is None
    assert diagram(of(make, 1)) is None
    assert ranks(of(make, 1), {}) is None


def test_a_profile_falls_where_scores_are(make: Maker) -> None:
    best, _, _, worst = profiles(of(make, 3))
    at = THRESHOLDS.index
    assert (best.cell, best.shares[at(0.98)][0], best.shares[at(1.0)][0]) == ("a", 1.0, 0.0)
    assert (worst.shares[at(0.66)][0], worst.shares[at(0.68)][0]) == (1.0, 0.0)  # (1 - 0.4) / (1 - 0.1) is 0.667
    assert profiles(of(make, 1)) == []
    assert profile(of(make, 1), {}) == []


def test_the_report_places_ranks_on_its_axis(make: Maker) -> None:
    drawn = ranks(of(make, 8), {"a": 0, "b": 1, "c": 2, "d": 3})
    assert drawn is not None
    first, *_, last = drawn.names
    assert (first.text, first.anchor, last.text, last.anchor) == ("a  1.0", "end", "4.0  d", "start")
    assert first.path.startswith(f"M{drawn.scale.start} ")
    assert drawn.critical is not None
    assert drawn.critical[1] == "critical difference 1.66"
