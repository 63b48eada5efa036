"""Scales of charts: from values to places, with ticks at round numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

STEPS = (1, 2, 2.5, 5, 10)
TICKS = 5
"""About as many ticks as an axis has."""
FEWEST = 3
"""A logarithmic axis with fewer has those of a linear one."""


@dataclass(frozen=True)
class Scale:
    """Where values are on an axis.

    Attributes:
        low: the smallest value.
        high: the largest.
        start: the place of the smallest, in units of the drawing.
        end: that of the largest.
        log: whether equal distances are equal ratios.
    """

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """The place of a value; those outside are at the ends."""
        low, high, value = (self._measure(number) for number in (self.low, self.high, value))
        share = 0.5 if high == low else min(1.0, max(0.0, (value - low) / (high - low)))
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self) -> list[tuple[float, str]]:
        """Places and texts."""
        return [(self(value), short(value)) for value in round_numbers(self.low, self.high, log=self.log)]

    def _measure(self, value: float) -> float:
        if not self.log:
            return value
        return math.log(max(value, self.low)) if value == value else math.nan  # noqa: PLR0124 - what is NaN stays it


def round_numbers(low: float, high: float, *, log: bool = False) -> list[float]:
    """Some round numbers between two: multiples of 1, 2, 2.5 or 5, or powers of ten where the axis is logarithmic."""
    return _ratios(low, high) if log else _differences(low, high)


def _differences(low: float, high: float) -> list[float]:
    if low == high:
        return [low]
    rough = (high - low) / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in STEPS if factor * power >= rough)
    return [number * step for number in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def _ratios(low: float, high: float) -> list[float]:
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    every = max(1, math.ceil((last - first) / TICKS))
    powers = [10.0**power for power in range(first, last + 1, every)]
    if len(powers) > 1:
        return powers
    found = [m * 10.0**p for p in range(first - 1, last + 1) for m in (1, 2, 5) if low <= m * 10.0**p <= high]
    return found if len(found) >= FEWEST else _differences(low, high)


def short(value: float) -> str:
    """A number in few signs: 0.05, 1.5k, 2M, 3e-07."""
    if value and not 1e-3 <= abs(value) < 1e15:  # noqa: PLR2004
        return f"{value:.0e}" if float(f"{value:.0e}") == value else f"{value:.1e}"
    for power, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= power:
            return f"{value / power:.3g}{letter}"
    return f"{value:.3g}"
