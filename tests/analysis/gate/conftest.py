"""Baselines made by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.analysis.gate.baseline import Baseline
from harness.analysis.gate.figures import Figures, Metric
from harness.analysis.gate.speed import CellSpeed, Ratio, Speeds
from harness.runs.suite import Suite

Maker = Callable[..., Figures]


@pytest.fixture
def entry() -> Maker:
    """Makes the figures of a cell on a task from its scores; other fields by name."""

    def made(cell: str = "gru", scores: dict[int, float] | None = None, **changes: Any) -> Figures:
        metric = Metric(direction="lower", digits=3, scores=scores or {0: 1.0, 1: 1.1, 2: 0.9, 3: 1.0})
        values = {
            "task": "adding",
            "code": "cell-harness 0.1.0 aa",
            "engine": "loop",
            "parameters": 100,
            "setting": {"budget": "smoke", "steps": "20"},
            "data": {"validation": 2.0, "test": 3.0, "train 0": 4.0},
            "metrics": {"MSE": metric},
        }
        return Figures(cell=cell, **{**values, **changes})

    return made


@pytest.fixture
def suite() -> Suite:
    """Allows scores to be worse by a tenth."""
    return Suite.model_validate(
        {
            "version": 1,
            "cells": ["gru", "lstm"],
            "tasks": ["adding"],
            "tolerance": {"default": "10%"},
            "speed": {"reference": "elman", "tolerance": "20%"},
        }
    )


@pytest.fixture
def baseline(entry: Maker, suite: Suite) -> Baseline:
    """Of two cells."""
    return Baseline(
        version=1, made="2026-01-01T00:00:00", environment={"torch": "2"}, suite=suite, figures=(entry(), entry("lstm"))
    )


@pytest.fixture
def timed() -> Callable[..., Speeds]:
    """Makes the speed of one cell, known to a hundredth."""

    def made(ratio: float, **changes: Any) -> Speeds:
        one = Ratio(ratio=ratio, low=0.99 * ratio, high=1.01 * ratio)
        cell = CellSpeed(engine=changes.pop("engine_of_cell", "loop"), phases={"training": one, "inference": one})
        values = {"reference": "elman", "engine": "loop", "shape": "batch=1", "device": "cpu", "cells": {"gru": cell}}
        return Speeds(**{**values, **changes})

    return made
