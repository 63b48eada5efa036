"""What it takes to be as good as a target, against curves made by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from harness.analysis.questions.target import parse, reach
from harness.errors import HarnessError

if TYPE_CHECKING:
    from conftest import Maker

    from harness.runs.record import RunRecord

CURVES = [[0.5, 0.2, 0.1], [0.5, 0.4, 0.2], [0.1, 0.3, 0.3], [0.9, 0.9, 0.9]]


def run(make: Maker, seed: int, scores: list[float], **more: Any) -> RunRecord:
    """A point every 100 steps, 2 seconds and 1,000 time steps."""
    points = [
        {"step": 100 * n, "seconds": 2.0 * n, "sequence_steps": 1_000 * n, "scores": {"MSE": score, "R²": -score}}
        for n, score in enumerate(scores, start=1)
    ]
    metrics = [{"name": "MSE", "direction": "lower", "digits": 3}, {"name": "R²", "direction": "higher", "digits": 3}]
    return make("lstm", seed, 0.5, curve=points, metrics=metrics, flops_per_step=10, **more)


def test_the_median_of_the_first_points_that_reach_it_with_others_censored(make: Maker) -> None:
    runs = [run(make, seed, scores) for seed, scores in enumerate(CURVES)]
    (found,) = reach(runs, {"MSE": 0.2})  # after 200, 300 and 100 steps, and never: half of four by 200
    assert (found.reached, found.runs) == (3, 4)
    assert (found.steps, found.seconds, found.tokens, found.flops) == (200, 4.0, 2_000, 3 * 10 * 2_000)
    (twice,) = reach(runs, {"MSE": 0.1})  # after 300 and 100 steps, and twice never: half by 300
    assert (twice.reached, twice.steps) == (2, 300)
    (once,) = reach(runs, {"MSE": 0.05})
    assert (once.reached, once.steps, once.flops) == (0, math.inf, math.inf)


def test_a_higher_metric_and_a_task_of_its_own(make: Maker) -> None:
    runs = [run(make, seed, scores) for seed, scores in enumerate(CURVES)]
    assert reach(runs, {"R²": -0.2})[0].steps == 200
    (found,) = reach(runs, {"adding": 0.1, "R²": -0.2})
    assert (found.metric, found.target, found.steps) == ("MSE", 0.1, 300)


def test_a_run_that_failed_never_reaches_it_unless_it_had(make: Maker) -> None:
    runs = [run(make, seed, scores) for seed, scores in enumerate(CURVES[:3])]
    failed = make("lstm", 3, None, status="not supported", reason="no")
    (found,) = reach([*runs, failed], {"MSE": 0.2})
    assert (found.reached, found.runs, found.steps) == (3, 4, 200)
    late = replace(runs[0], status="diverged", scores={})
    assert reach([late, *runs[1:]], {"MSE": 0.2})[0].reached == 3


def test_records_that_do_not_tell_leave_a_gap(make: Maker) -> None:
    old = run(make, 0, [0.1])
    del old.curve[0]["sequence_steps"]
    (found,) = reach([old], {"MSE": 0.2})
    assert (found.steps, found.tokens, found.flops) == (100, None, None)


def test_seconds_are_disturbed_where_those_of_a_run_that_reached_it_are(make: Maker) -> None:
    busy = {"disturbance": {"others": 1.0}, "environment": {"cores": 2}}
    runs = [run(make, 0, CURVES[0], **busy), run(make, 1, CURVES[3])]
    assert [found.disturbed for goal in (0.2, 0.05) for found in reach(runs, {"MSE": goal})] == [True, False]


@pytest.mark.parametrize("text", ["accuracy", "=3", "accuracy=x", "accuracy=nan", ""])
def test_what_is_no_target_is_refused(text: str) -> None:
    with pytest.raises(HarnessError, match=r"write METRIC=VALUE or TASK=VALUE"):
        parse([text])


def test_a_target_of_nothing_that_there_is(make: Maker) -> None:
    assert parse(["adding:length=10=0.5", "MSE=1e-3"]) == {"adding:length=10": 0.5, "MSE": 0.001}
    with pytest.raises(HarnessError, match=r'--target MES: no metric and no task is "MES"\. Did you mean "MSE"\?'):
        reach([run(make, 0, [0.1])], {"MES": 1.0})
