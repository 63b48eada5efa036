"""A run and its record, made by hand, for tests of what is stored."""

from __future__ import annotations

from harness.modeling.sizing import Size
from harness.registry import Component
from harness.runs.record import BaselineRecord, RunRecord
from harness.runs.spec import BaselineSpec, RunSpec
from harness.training.recipe import Recipe

CELL = Component("lstm", "lstm", {}, "cell-harness", "0.1.0", "aa")
TASK = Component("adding", "adding", {}, "cell-harness", "0.1.0", "bb")
SPEC = RunSpec(CELL, TASK, "generated", 0, "quick", Recipe(10, 2, 0.1, 100), Size("params", 100), "cpu")
RECORD = RunRecord(SPEC, "finished", scores={"MSE": 0.25}, curve=[{"step": 1, "loss": float("nan")}], finished="2026")
BASELINE = BaselineRecord(BaselineSpec(TASK, "generated"), [{"name": "constant", "scores": {"MSE": 0.1}}])
