"""Records made by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from harness.modeling.sizing import Size
from harness.registry import Component
from harness.runs.record import BaselineRecord, RunRecord
from harness.runs.spec import BaselineSpec, RunSpec
from harness.training.recipe import Recipe

TASK = Component("adding", "adding", {}, "cell-harness", "0.1.0", "bb")
Maker = Callable[..., RunRecord]


@pytest.fixture
def make() -> Maker:
    """Makes a record of a run of `cell` with `seed` and `score`; other fields by name."""

    def record(cell: str, seed: int, score: float | None, source: str = "aa", **changes: object) -> RunRecord:
        setting = {"task": TASK, "data": "generated", "budget": "quick", "size": Size("params", 1_000), "looks": ()}
        fields = {name: changes.pop(name, value) for name, value in setting.items()}
        spec = RunSpec(
            cell=Component(cell, cell, {}, "third-party", "2.0", source),
            seed=seed,
            recipe=Recipe(10, 2, 0.1, 1_000),
            device="cpu",
            **fields,  # type: ignore[arg-type]
        )
        values: dict[str, object] = {
            "status": "finished" if score is not None else "diverged",
            "metrics": [{"name": "MSE", "direction": "lower", "digits": 3}],
            "scores": {} if score is None else {"MSE": score},
            "hidden_size": 10,
            "parameters": 1_020,
            "recurrent_parameters": 510,
            "seconds": 2.0,
            "sequence_steps": 4_000,
            "finished": f"2026-01-0{seed + 1}",
        }
        return RunRecord(spec, **{**values, **changes})  # type: ignore[arg-type]

    return record


@pytest.fixture
def measured(make: Maker) -> Maker:
    """Makes a record of a run of `cell` with `seed` that took some `seconds` beside a `disturbance`."""

    def record(cell: str, seed: int, seconds: float, disturbance: dict[str, object]) -> RunRecord:
        time = 1e-6 * seconds
        spread = {"median": time, "low": time / 2, "high": 2 * time}
        phases = dict.fromkeys(("forward", "backward", "inference"), spread)
        return make(
            cell,
            seed,
            0.5,
            seconds=seconds,
            cost={**phases, "memory": 3 << 20, "kernel": "native 0123abcd"},
            disturbance=disturbance,
            environment={"cores": 4},
            engine="native",
        )

    return record


@pytest.fixture
def trials(make: Maker) -> list[RunRecord]:
    """Three of each of two cells, one of which failed."""
    rates = (0.1, 0.03, 0.3)
    scores = {"lstm": (0.5, 0.2, 0.8), "gru": (0.3, 0.4, None)}

    def trial(cell: str, number: int, rate: float, score: float | None) -> RunRecord:
        record = make(cell, 0, score, scores={}, validation={} if score is None else {"MSE": score}, reason="loss nan")
        recipe = replace(record.spec.recipe, learning_rate=rate)
        return replace(record, spec=replace(record.spec, recipe=recipe, tuned={"learning_rate": 0.1}, trial=number))

    return [
        trial(cell, number, rate, score)
        for cell in scores
        for number, (rate, score) in enumerate(zip(rates, scores[cell], strict=True), 1)
    ]


@pytest.fixture
def baseline() -> BaselineRecord:
    """Two trivial predictors of the task."""
    scores = [{"name": "constant", "scores": {"MSE": 1 / 6}}, {"name": "oracle of sorts", "scores": {"MSE": 0.125}}]
    return BaselineRecord(BaselineSpec(TASK, "generated"), scores)
