"""When the validation set is read, and what counts as better."""

from __future__ import annotations

import math
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import Metric, Recipe


@given(steps=st.integers(1, 5000), evaluations=st.integers(1, 200))
def test_validation_is_read_as_often_as_asked_at_equal_distances_and_at_the_end(steps: int, evaluations: int) -> None:
    recipe = Recipe(steps=steps, batch=1, learning_rate=1, parameters=1, evaluations=evaluations)
    points = sorted(recipe.evaluation_steps())
    assert len(points) == min(evaluations, steps)
    assert points[-1] == steps
    assert points[0] >= 1
    gaps = [b - a for a, b in zip([0, *points], points, strict=False)]
    assert max(gaps) - min(gaps) <= 1


@pytest.mark.parametrize(
    ("direction", "a", "b", "better"),
    [
        ("lower", 1.0, 2.0, True),
        ("lower", 2.0, 1.0, False),
        ("higher", 2.0, 1.0, True),
        ("higher", 1.0, 2.0, False),
        ("lower", 1.0, 1.0, False),  # the first of equals stays
        ("higher", 1.0, 1.0, False),
        ("lower", 1.0, math.nan, True),
        ("higher", math.inf, math.nan, True),
        ("lower", math.nan, 1.0, False),
        ("higher", math.nan, math.nan, False),
    ],
)
def test_better_follows_the_direction_and_nothing_is_worse_than_nan(
    direction: Literal["lower", "higher"], a: float, b: float, *, better: bool
) -> None:
    assert Metric("m", direction).better(a, b) is better


def test_an_arrow_shows_the_direction() -> None:
    assert Metric("loss", "lower").arrow + Metric("accuracy", "higher").arrow == "↓↑"
