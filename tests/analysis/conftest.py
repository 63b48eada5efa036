"""Records made by hand."""

from __future__ import annotations

from collections.abc import Callable

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
def baseline() -> BaselineRecord:
    """Two trivial predictors of the task."""
    scores = [{"name": "constant", "scores": {"MSE": 1 / 6}}, {"name": "oracle of sorts", "scores": {"MSE": 0.125}}]
    return BaselineRecord(BaselineSpec(TASK, "generated"), scores)
