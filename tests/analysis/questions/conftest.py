"""Records of several tasks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.registry import Component

if TYPE_CHECKING:
    from conftest import Maker

    from harness.runs.record import RunRecord


METRICS = [
    {"name": "accuracy", "direction": "higher", "digits": 1},
    {"name": "loss", "direction": "lower", "digits": 2},
]


def task(name: str, **options: int) -> Component:
    return Component(name, name, options, "cell-harness", "0.1.0", "bb")


@pytest.fixture
def records(make: Maker) -> list[RunRecord]:
    """Three cells on adding, on a longer adding, and two of them on digits, which has two metrics."""
    found = [make(cell, 0, score) for cell, score in (("lstm", 0.3), ("gru", 0.1), ("elman", 0.2))]
    found += [
        make("lstm", 0, 0.5, task=task("adding", length=400)),
        make("gru", 0, None, task=task("digits"), metrics=[]),
    ]
    scores = {"accuracy": 90.0, "loss": 0.4}
    return [*found, replace(make("lstm", 0, 0.0, task=task("digits")), metrics=METRICS, scores=scores)]
