"""Times of runs that nobody disturbed, and what is told of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.analysis.comparison.compare import compare
from harness.analysis.comparison.times import seconds
from harness.analysis.questions.order import ordered
from harness.analysis.tables.costs import cost_headings, cost_rows

if TYPE_CHECKING:
    from conftest import Maker


QUIET = {"threads": 1, "others": 0.01, "workers": 1.0, "waited": 0.0}
BUSY = {**QUIET, "others": 0.5}
WAITING = {**QUIET, "waited": 0.06}


@pytest.mark.parametrize(
    ("disturbance", "disturbed"),
    [(QUIET, False), (BUSY, True), (WAITING, True), ({}, False), ({"others": None}, False)],
)
def test_a_run_is_disturbed_where_others_used_a_twentieth_of_the_machine_or_it_waited(
    measured: Maker,
    disturbance: dict[str, Any],
    disturbed: bool,  # noqa: FBT001
) -> None:
    assert measured("lstm", 0, 1.0, disturbance).disturbed is disturbed


def test_times_are_of_quiet_runs_where_there_are_any(measured: Maker) -> None:
    runs = [measured("lstm", 0, 2.0, QUIET), measured("lstm", 1, 4.0, QUIET), measured("lstm", 2, 90.0, BUSY)]
    (score,) = compare(runs, []).scores
    assert (score.seconds, score.forward, score.disturbed) == (3.0, 3e-6, False)
    assert score.steps_per_second == pytest.approx((2_000 + 1_000) / 2)
    assert (score.memory, score.engine, score.kernel) == (3 << 20, "native", "native 0123abcd")
    assert score.seeds == 3  # how good it was, does not depend on the machine
    assert [seconds(one) for one in runs] == ["2.0", "4.0", "90.0~"]


def test_times_under_load_are_marked_and_rank_last(measured: Maker) -> None:
    runs = [measured("fast", 0, 1.0, BUSY), measured("slow", 0, 9.0, QUIET), measured("slower", 0, 10.0, QUIET)]
    comparison = compare(runs, [])
    columns = dict(zip(cost_headings(comparison), zip(*cost_rows(comparison), strict=True), strict=True))
    assert columns["train s ↓"] == ("1.0~", "9.0", "10.0")
    assert columns["steps/s ↑"] == ("4k~", "0k", "0k")
    assert any(note.startswith("Times with ~: others kept the machine busy") for note in comparison.notes)
    assert ordered(comparison, "seconds").cells == ["slow", "slower", "fast"]
    assert ordered(comparison, "-steps_per_second").cells == ["slow", "slower", "fast"]
    assert "Times are of the 2 of 3 runs during which nobody kept the machine busy." in comparison.notes
    assert not compare(runs[1:], []).notes
