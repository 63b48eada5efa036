from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from harness.analysis.figures.scale import Scale, short


def test_values_have_their_places() -> None:
    assert [Scale(0, 10, 100, 200)(value) for value in (0, 5, 10, -3, 99)] == [100, 150, 200, 100, 200]
    assert [Scale(0.01, 100, 0, 40, log=True)(value) for value in (0.01, 1, 10, 0, 1e9)] == [0, 20, 30, 0, 40]
    assert Scale(3, 3, 0, 10)(3) == 5


@pytest.mark.parametrize(
    ("scale", "texts"),
    [
        (Scale(0, 1000, 0, 1), ["0", "200", "400", "600", "800", "1k"]),
        (Scale(4.1, 7.3, 0, 1), ["5", "6", "7"]),
        (Scale(1e-4, 0.2, 0, 1, log=True), ["1e-04", "0.001", "0.01", "0.1"]),
        (Scale(2, 30, 0, 1, log=True), ["2", "5", "10", "20"]),
        (Scale(6, 16, 0, 1, log=True), ["6", "8", "10", "12", "14", "16"]),
        (Scale(1e-14, 1, 0, 1, log=True), ["1e-14", "1e-11", "1e-08", "1e-05", "0.01"]),
    ],
)
def test_ticks_are_round(scale: Scale, texts: list[str]) -> None:
    assert [text for _, text in scale.ticks()] == texts


@given(some.floats(1e-9, 1e12), some.floats(1.0001, 1e9), some.booleans())
def test_any_axis_has_a_few_ticks_within_it(low: float, ratio: float, log: bool) -> None:  # noqa: FBT001
    ticks = Scale(low, low * ratio, 0, 100, log).ticks()
    assert len(ticks) <= 12
    assert all(0 <= place <= 100 for place, _ in ticks)


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (0.05, "0.05"), (1500, "1.5k"), (2e6, "2M"), (3e-7, "3e-07"), (1.5e-5, "1.5e-05")]
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert short(value) == text
