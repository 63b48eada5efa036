"""The course of the learning rate, in literal values."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import HarnessError
from harness.registry import chosen
from harness.training.schedules import SCHEDULES

STEPS = 200


def rates(name: str, *steps: int) -> list[float]:
    schedule = chosen("schedule", name, SCHEDULES)
    return [schedule.rate(step, STEPS) for step in steps]


@pytest.mark.parametrize(
    ("name", "expected"),
    [  # at the first step, after a quarter, a half, three quarters, at the last step, and after it
        ("constant", [1, 1, 1, 1, 1, 1]),
        ("linear", [1, 0.75, 0.5, 0.25, 0.005, 0]),
        ("linear:share=0.5", [1, 1, 1, 0.5, 0.01, 0]),
        ("linear:share=0.4", [1, 1, 1, 0.625, 0.0125, 0]),
        ("cosine", [1, 0.853553390593, 0.5, 0.146446609407, 6.168375916e-05, 0]),  # (1 + cos πt) / 2
        ("cosine:share=0.5", [1, 1, 1, 0.5, 2.467198172e-04, 0]),
        ("step", [1, 0.25, 0.03125, 0.0078125, 0.001953125, 0.0009765625]),  # halved after each tenth
        ("step:every=0.25:factor=0.1", [1, 0.1, 0.01, 0.001, 0.001, 0.0001]),
        ("step:every=0.25:factor=0.1:after=0.5", [1, 1, 1, 0.1, 0.1, 0.01]),
        ("step:factor=1", [1, 1, 1, 1, 1, 1]),
    ],
)
def test_a_schedule_at_start_middle_and_end(name: str, expected: list[float]) -> None:
    assert rates(name, 0, 50, 100, 150, 199, 200) == pytest.approx(expected, rel=1e-8, abs=1e-15)


def test_a_step_comes_exactly_where_its_share_of_the_run_has_gone_by() -> None:
    assert rates("step:every=0.25", 49, 50, 51, 99, 100) == [1, 0.5, 0.5, 0.5, 0.25]


def test_karpathys_schedule_decays_once_an_epoch_from_the_eleventh_of_fifty() -> None:
    epochs = rates("step:every=0.02:factor=0.95:after=0.2", *range(0, STEPS, STEPS // 50))
    assert epochs == pytest.approx([0.95 ** max(0, epoch - 10) for epoch in range(50)])


@given(name=st.sampled_from(["linear", "cosine", "step"]), share=st.floats(0.01, 1.0), steps=st.integers(1, 300))
def test_the_rate_starts_whole_and_never_rises(name: str, share: float, steps: int) -> None:
    option = "every" if name == "step" else "share"
    schedule = chosen("schedule", f"{name}:{option}={share}", SCHEDULES)
    course = [schedule.rate(step, steps) for step in range(steps)]
    assert course[0] == 1
    assert all(0 < b <= a for a, b in pairwise(course))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (
            "cosin",
            'there is no schedule "cosin". Did you mean "cosine"? Choose one of: constant, linear, cosine, step.',
        ),
        ("linear:share=0", "it should be greater than 0."),
        ("cosine:share=1.5", "it should be less than or equal to 1."),
        ("step:every=0", "it should be greater than 0."),
        ("constant:share=1", 'schedule "constant" has no option "share". It has none.'),
    ],
)
def test_what_cannot_be_is_told(name: str, told: str) -> None:
    with pytest.raises(HarnessError) as error:
        chosen("schedule", name, SCHEDULES)
    assert told in str(error.value)
