"""Where trials lie in a space."""

from __future__ import annotations

import math

import pytest

from harness import Choice, LogUniform, Uniform
from harness.training.space import points


def test_learning_rates_are_spread_evenly_over_decades_from_the_middle_on() -> None:
    rates = [point["learning_rate"] for point in points({"learning_rate": LogUniform(1e-4, 1e-2)}, 7)]
    # halves, quarters, eighths of two decades
    assert rates == pytest.approx([10**e for e in (-3, -3.5, -2.5, -3.75, -2.75, -3.25, -2.25)], rel=1e-3)


def test_more_points_begin_with_the_same_ones_and_no_random_number_is_drawn() -> None:
    space = {"learning_rate": LogUniform(1e-3, 1), "dropout": Uniform(0, 0.5), "clip": Choice((None, 1.0, 5.0))}
    assert points(space, 40)[:11] == points(space, 11)


def test_every_part_of_a_space_is_tried() -> None:
    space = {"learning_rate": LogUniform(1, math.e**2), "clip": Choice(("none", 1, 5))}
    tried = points(space, 5)
    assert {(point["learning_rate"] > math.e, point["clip"]) for point in points(space, 11)} == {
        (high, clip) for high in (False, True) for clip in ("none", 1, 5)
    }
    assert [point["clip"] for point in tried] == [1, 5, "none", 1, 5]  # thirds: 1/3, 2/3, 1/9, 4/9, 7/9


def test_ends_belong_to_a_range() -> None:
    assert (LogUniform(0.01, 1).at(0), LogUniform(0.01, 1).at(0.5), LogUniform(0.01, 1).at(1)) == (0.01, 0.1, 1)
    assert (Uniform(-1, 3).at(0), Uniform(-1, 3).at(1)) == (-1, 3)
    assert (Choice(("a", "b")).at(0), Choice(("a", "b")).at(1)) == ("a", "b")
