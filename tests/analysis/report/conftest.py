"""Results whose every string may be somebody's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.analysis.comparison import Comparison
from harness.analysis.comparison.compare import compare
from harness.modeling.sizing import Size
from harness.registry import Component
from harness.runs.record import BaselineRecord, RunRecord
from harness.runs.spec import BaselineSpec, RunSpec
from harness.training.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Sequence

Results = Callable[..., Comparison]


@pytest.fixture
def results() -> Results:
    """A comparison of two cells on two tasks with everything that a report shows, and one cell that fails.

    What a plugin or a user controls ends in the text that is given.
    """

    def make(text: str = "", cells: Sequence[str] = ("lstm", "gru"), seeds: int = 3) -> Comparison:
        tasks = [
            Component(f"{name}{text}", f"{name}{text}", {}, f"its{text}", "1", "bb") for name in ("adding", "text")
        ]
        runs = [
            _run(text, f"{cell}{text}", task, seed, 0.1 * (place + 1) + 0.01 * seed)
            for task in tasks
            for place, cell in enumerate(cells)
            for seed in range(seeds)
        ]
        last = runs[-1].spec
        tried = replace(last, trial=1, tuned={"learning_rate": 0.3})
        runs.append(replace(runs[-1], spec=tried, scores={}, validation={f"MSE{text}": 0.4}))
        failed = {"status": "failed", "reason": f"a bug{text}", "details": f"Traceback{text}", "metrics": []}
        spec = _run(text, f"broken{text}", tasks[0], 0, 0.0).spec
        scores = [{"name": f"constant{text}", "scores": {f"MSE{text}": 0.3}}]
        baselines = [BaselineRecord(BaselineSpec(task, "generated"), scores) for task in tasks]
        return compare([*runs, RunRecord(spec, **failed)], baselines)  # type: ignore[arg-type]

    return make


def _run(text: str, cell: str, task: Component, seed: int, score: float) -> RunRecord:
    spec = RunSpec(
        cell=Component(f"{cell}", cell, {"size": f"big{text}"}, f"third-party{text}", f"2.0{text}", "aa"),
        task=task,
        data="generated",
        seed=seed,
        budget="quick",
        recipe=Recipe(10, 2, 0.1, 1_000, optimiser=f"adam{text}"),
        size=Size("params", 1_000),
        device="cpu",
        changes=(f"optimiser=adam{text}",),
        plugins=(f"my_cell.py{text}",),
    )
    curve = [
        {
            "step": step,
            "seconds": step / 10,
            "loss": 1.0,
            "gradient_norm": 1.0,
            "clipped": 0.0,
            "scores": {f"MSE{text}": error},
        }
        for step, error in ((5, 2 * score), (10, score))
    ]
    gradients = [1e-6 * (seed + 1), 1e-3, 1e-1]
    return RunRecord(
        spec,
        "finished",
        metrics=[{"name": f"MSE{text}", "direction": "lower", "digits": 3}],
        scores={f"MSE{text}": score},
        hidden_size=10,
        parameters=1_020,
        recurrent_parameters=510,
        seconds=2.0 if cell.startswith("lstm") else 4.0,
        sequence_steps=4_000,
        engine=f"loop: because{text}",
        finished=f"2026-01-0{seed + 1}",
        environment={"processor": f"fast{text}", "torch": "2.13"},
        curve=curve,
        diagnoses=[
            {"step": step, "gradients": {f"stack.layers.0{text}": gradients}, "gates": {}, "radii": {}}
            for step in (0, 10)
        ],
        samples=[{"step": step, "text": f"once upon{text}"} for step in (0, 1, 10)],
    )
