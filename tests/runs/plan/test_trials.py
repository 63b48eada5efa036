"""Trials, and what they choose."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest
from planning import request

from harness.runs.plan import Plan
from harness.runs.record import RunRecord
from harness.runs.spec import RunSpec


def test_every_cell_has_the_same_trials_of_which_the_best_on_validation_is_run() -> None:
    plan = Plan.make(request(tasks=("adding", "vowels"), tune=3, seeds=2))
    trials = list(plan.trials())
    assert [(t.trial, t.task.label, t.cell.label) for t in trials[:5]] == [
        (1, "adding", "lstm"),
        (1, "adding", "gru"),
        (1, "vowels", "lstm"),
        (1, "vowels", "gru"),
        (2, "adding", "lstm"),
    ]
    rates = {(t.task.label, t.cell.label, t.trial): t.recipe.learning_rate / t.tuned["learning_rate"] for t in trials}
    for task in ("adding", "vowels"):
        for cell in ("lstm", "gru"):  # the middle of two decades, then the middles of its halves
            factors = [rates[task, cell, number] for number in (1, 2, 3)]
            assert factors == pytest.approx([1, 10**-0.5, 10**0.5], rel=1e-3)
    records = [RunRecord(t, "finished", metrics=METRICS[t.task.label], validation=score_of(t)) for t in trials]
    finals = list(plan.specs(records))
    assert [(f.seed, f.row) for f in finals[:4]] == [(0, "lstm"), (0, "gru"), (0, "lstm"), (0, "gru")]
    chosen = {(f.task.label, f.cell.label): f.recipe.learning_rate / f.tuned["learning_rate"] for f in finals}
    assert chosen == {
        ("adding", "lstm"): pytest.approx(10**-0.5, rel=1e-3),
        ("adding", "gru"): pytest.approx(10**0.5, rel=1e-3),
        ("vowels", "lstm"): pytest.approx(10**0.5, rel=1e-3),
        ("vowels", "gru"): pytest.approx(10**-0.5, rel=1e-3),
    }
    assert {f.changes for f in finals} == {("tune=3",)}
    assert {f.seed for f in finals}.isdisjoint({t.seed for t in trials})
    lost = [replace(record, status="diverged", validation={}) for record in records]
    assert [f.recipe for f in plan.specs(lost)] == [f.recipe for f in plan.specs()]
    assert next(iter(plan.specs(lost))).recipe.learning_rate == trials[0].recipe.learning_rate  # the recipe's own


METRICS = {
    "adding": [{"name": "MSE", "direction": "lower", "digits": 4}],
    "vowels": [{"name": "accuracy", "direction": "higher", "digits": 1}],
}


def score_of(trial: RunSpec) -> dict[str, float]:
    """Low rates suit an lstm on adding and a gru on vowels by the smaller, and by the larger score."""
    rate = trial.recipe.learning_rate
    return {METRICS[trial.task.label][0]["name"]: rate if trial.cell.label == "lstm" else -rate}


def test_more_trials_begin_with_those_that_were_made_and_are_another_contest() -> None:
    few, more = (Plan.make(request(tune=count)) for count in (2, 4))
    keys = [trial.key for trial in more.trials()]
    assert keys[:4] == [trial.key for trial in few.trials()]
    contests = {next(iter(plan.specs())).contest for plan in (few, more, Plan.make(request()))}
    assert len(contests) == 3
    assert list(Plan.make(request()).trials()) == []
    same = next(iter(few.specs()))
    assert RunSpec.from_dict(json.loads(json.dumps(asdict(same)))).key == same.key


def test_rows_of_a_grid_are_tuned_each() -> None:
    plan = Plan.make(request(cells=("lstm",), tune=2, grid={"clip": ("none", 1)}, seeds=1))
    assert [str(trial) for trial in plan.trials()] == [
        f"adding lstm clip={clip} trial {number}" for number in (1, 2) for clip in ("none", "1.0")
    ]
    assert [spec.row for spec in plan.specs()] == ["lstm clip=none", "lstm clip=1.0"]
