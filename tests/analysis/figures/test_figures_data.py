from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from harness.analysis.comparison.compare import compare
from harness.analysis.figures.curves import curves
from harness.analysis.figures.gradients import flows
from harness.analysis.figures.look import colour, logarithmic
from harness.analysis.figures.tradeoffs import Candidate, front, tradeoffs
from harness.modeling.sizing import Size

if TYPE_CHECKING:
    from conftest import Maker


def point(step: int, score: float) -> dict[str, object]:
    return {
        "step": step,
        "seconds": step / 10,
        "loss": 1.0,
        "gradient_norm": 1.0,
        "clipped": 0.0,
        "scores": {"MSE": score},
    }


def test_a_curve_has_the_mean_of_the_seeds_that_came_so_far(make: Maker) -> None:
    records = [
        make("lstm", 0, 0.1, curve=[point(5, 0.4), point(10, 0.1)]),
        make("lstm", 1, None, curve=[point(5, 0.6)]),
        make("gru", 0, None),
    ]
    drawn = curves(compare(records, []).columns[0])
    assert list(drawn) == ["lstm"]  # gru never came to an evaluation
    first, last = drawn["lstm"]
    assert (first.step, first.seconds, first.mean, first.seeds) == (5, 0.5, pytest.approx(0.5), 2)
    assert first.high - first.mean == pytest.approx(12.706204736 * 0.1, rel=1e-6)  # Student's t, one degree of freedom
    assert (last.mean, last.seeds, math.isnan(last.low)) == (0.1, 1, True)


def candidate(cost: float, mean: float) -> Candidate:
    return Candidate("x", "adding", cost, mean, math.nan, math.nan)


def test_the_front_is_whom_nobody_beats_in_both() -> None:
    all_ = [candidate(3, 0.3), candidate(1, 0.5), candidate(2, 0.6), candidate(4, 0.3), candidate(1, 0.5)]
    assert [(c.cost, c.mean) for c in front(all_, "lower") if c.front] == [(1, 0.5), (1, 0.5), (3, 0.3)]
    assert [(c.cost, c.mean) for c in front(all_, "higher") if c.front] == [(1, 0.5), (1, 0.5), (2, 0.6)]


def test_times_that_others_disturbed_are_on_no_front_and_dominate_nobody(make: Maker) -> None:
    busy = {"disturbance": {"others": 2.0}, "environment": {"cores": 2}}
    records = [make("fast", 0, 0.1, seconds=1.0, **busy), make("slow", 0, 0.5, seconds=9.0)]
    records += [make("mixed", 0, 0.3, seconds=2.0), make("mixed", 1, 0.3, seconds=99.0, **busy)]
    comparison = compare(records, [])
    (by_time,) = tradeoffs(comparison, "seconds of training")
    assert [(c.cell, c.cost, c.front) for c in by_time.candidates] == [
        ("fast", 1.0, False),
        ("mixed", 2.0, True),
        ("slow", 9.0, False),
    ]
    (by_size,) = tradeoffs(comparison, "parameters")
    assert [c.cell for c in by_size.candidates if c.front] == ["fast"]  # how large it is, nobody disturbs
    (busy_only,) = tradeoffs(compare(records[:1], []), "seconds of training")
    assert not any(c.front for c in busy_only.candidates)


def test_all_sizes_of_a_task_are_in_one_picture(make: Maker) -> None:
    records = [
        make("lstm", 0, 0.3, parameters=1_000),
        make("lstm", 0, 0.2, parameters=4_000, size=Size("params", 4_000)),
    ]
    records.append(make("gru", 0, None))
    (found,) = tradeoffs(compare(records, []), "parameters")
    assert (found.task, found.metric) == ("adding", "MSE")
    assert [(c.cell, c.cost, c.mean, c.front) for c in found.candidates] == [
        ("lstm", 1_000, 0.3, True),
        ("lstm", 4_000, 0.2, True),
    ]
    assert tradeoffs(compare(records, []), "FLOPs of training") == []  # nobody counted them


def test_operations_of_training_are_three_forward_passes_of_every_step(make: Maker) -> None:
    (found,) = tradeoffs(compare([make("lstm", 0, 0.3, flops_per_step=100)], []), "FLOPs of training")
    assert found.candidates[0].cost == 3 * 100 * 4_000


def test_gradients_are_geometric_means_over_seeds(make: Maker) -> None:
    diagnoses = [
        [{"step": 10, "gradients": {"decoder.stack.layers.0": norms}, "gates": {}, "radii": {}}]
        for norms in ([1e-6, 0.0, 1.0], [1e-4, 0.0, math.inf])
    ]
    records = [make("lstm", seed, 0.1, diagnoses=found) for seed, found in enumerate(diagnoses)]
    (flow,) = flows(compare(records, []).columns[0])
    assert (flow.layer, flow.moment, list(flow.steps)) == ("decoder layer 0", "after training", [1, 2, 3])
    assert list(flow.norms) == pytest.approx([1e-5, 0.0, 1.0])


def test_long_sequences_are_thinned_to_what_can_be_seen(make: Maker) -> None:
    diagnosis = {"step": 0, "gradients": {"stack.layers.0": [1.0] * 300}, "gates": {}, "radii": {}}
    (flow,) = flows(compare([make("lstm", 0, 0.1, diagnoses=[diagnosis])], []).columns[0])
    assert len(flow.steps) == len(flow.norms) == 60
    assert (flow.steps[0], flow.steps[-1]) == (3.0, 298.0)  # the middle of five


def test_every_cell_has_a_colour_of_its_own() -> None:
    for dark in (False, True):
        assert len({colour(number, dark=dark) for number in range(60)}) == 60
    assert [logarithmic(values) for values in ([0.001, 0.2], [0.0, 0.2], [10, 90])] == [True, False, False]
