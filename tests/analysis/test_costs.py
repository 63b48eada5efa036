"""Times of runs that nobody disturbed, and what is told of the others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from harness.analysis.comparison.compare import compare
from harness.analysis.comparison.times import seconds
from harness.analysis.formats.listing import listing_text
from harness.analysis.formats.runs import run_rows
from harness.analysis.listings.costs import cost_listing
from harness.analysis.questions.order import ordered
from harness.analysis.tables.costs import cost_headings, cost_rows
from harness.errors import HarnessError

if TYPE_CHECKING:
    from conftest import Maker

    from harness.runs.record import RunRecord

QUIET = {"threads": 1, "others": 0.01, "workers": 1.0, "waited": 0.0}
BUSY = {**QUIET, "others": 0.5}
WAITING = {**QUIET, "waited": 0.06}


def cost(seconds: float) -> dict[str, Any]:
    spread = {"median": seconds, "low": seconds / 2, "high": 2 * seconds}
    return {
        **dict.fromkeys(("forward", "backward", "inference"), spread),
        "memory": 3 << 20,
        "kernel": "native 0123abcd",
    }


def run(make: Maker, cell: str, seed: int, seconds: float, disturbance: dict[str, Any]) -> RunRecord:
    return make(
        cell,
        seed,
        0.5,
        seconds=seconds,
        cost=cost(1e-6 * seconds),
        disturbance=disturbance,
        environment={"cores": 4},
        engine="native",
    )


@pytest.mark.parametrize(
    ("disturbance", "disturbed"),
    [(QUIET, False), (BUSY, True), (WAITING, True), ({}, False), ({"others": None}, False)],
)
def test_a_run_is_disturbed_where_others_used_a_twentieth_of_the_machine_or_it_waited(
    make: Maker,
    disturbance: dict[str, Any],
    disturbed: bool,  # noqa: FBT001
) -> None:
    assert run(make, "lstm", 0, 1.0, disturbance).disturbed is disturbed


def test_times_are_of_quiet_runs_where_there_are_any(make: Maker) -> None:
    runs = [run(make, "lstm", 0, 2.0, QUIET), run(make, "lstm", 1, 4.0, QUIET), run(make, "lstm", 2, 90.0, BUSY)]
    (score,) = compare(runs, []).scores
    assert (score.seconds, score.forward, score.disturbed) == (3.0, 3e-6, False)
    assert score.steps_per_second == pytest.approx((2_000 + 1_000) / 2)
    assert (score.memory, score.engine, score.kernel) == (3 << 20, "native", "native 0123abcd")
    assert score.seeds == 3  # how good it was, does not depend on the machine
    assert [seconds(one) for one in runs] == ["2.0", "4.0", "90.0~"]


def test_times_under_load_are_marked_and_rank_last(make: Maker) -> None:
    runs = [run(make, "fast", 0, 1.0, BUSY), run(make, "slow", 0, 9.0, QUIET), run(make, "slower", 0, 10.0, QUIET)]
    comparison = compare(runs, [])
    columns = dict(zip(cost_headings(comparison), zip(*cost_rows(comparison), strict=True), strict=True))
    assert columns["train s ↓"] == ("1.0~", "9.0", "10.0")
    assert columns["steps/s ↑"] == ("4k~", "0k", "0k")
    assert any(note.startswith("Times with ~: others kept the machine busy") for note in comparison.notes)
    assert ordered(comparison, "seconds").cells == ["slow", "slower", "fast"]
    assert ordered(comparison, "-steps_per_second").cells == ["slow", "slower", "fast"]
    assert "Times are of the 2 of 3 runs during which nobody kept the machine busy." in comparison.notes
    assert not compare(runs[1:], []).notes


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


def test_what_a_step_costs_as_text_and_for_programs(make: Maker) -> None:
    found = cost_listing(compare([run(make, "lstm", 0, 2.0, BUSY)], []))
    assert dict(zip(found.headings, found.rows[0], strict=True)) == {
        "task": "adding",
        "cell": "lstm",
        "state": "",
        "FLOPs": "",
        "fwd µs": "2~",
        "bwd µs": "2~",
        "inf µs": "2~",
        "MiB": "3.0",
        "kernel": "native",
    }
    (entry,) = json.loads(listing_text(found, "json"))
    assert (entry["forward"], entry["kernel"], entry["disturbed"]) == (2e-6, "native 0123abcd", True)
    assert listing_text(found, "csv").startswith("task,cell,parameters,state_size,")
    assert "| adding | lstm |" in listing_text(found, "markdown")
    with pytest.raises(HarnessError, match="comes as rich, markdown, csv or json: latex was asked for"):
        listing_text(found, "latex")


def test_a_run_lists_what_was_measured_of_it(make: Maker) -> None:
    (row,) = run_rows([run(make, "lstm", 0, 2.0, WAITING)])
    assert (row["forward"], row["forward_low"], row["inference_high"]) == (2e-6, 1e-6, 4e-6)
    assert (row["threads"], row["workers"], row["waited"], row["disturbed"]) == (1, 1.0, 0.06, True)
    (old,) = run_rows([make("lstm", 0, 0.5)])
    assert (old["forward"], old["memory"], old["disturbed"]) == (None, None, False)
