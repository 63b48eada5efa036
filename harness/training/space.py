"""What settings may be tuned over: a range for each, and the points that are tried, the same for all cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

DIGITS = 4
"""Significant digits of what is tried: more of them nobody writes into a paper."""


@dataclass(frozen=True)
class LogUniform:
    """Numbers between two positive ends, equally many in each decade."""

    low: float
    high: float

    def at(self, share: float) -> float:
        """The number that so large a share lies below."""
        return _short(self.low * (self.high / self.low) ** share)


@dataclass(frozen=True)
class Uniform:
    """Numbers between two ends."""

    low: float
    high: float

    def at(self, share: float) -> float:
        """The number that so large a share lies below."""
        return _short(self.low + (self.high - self.low) * share)


@dataclass(frozen=True)
class Choice:
    """One of some values."""

    values: tuple[Any, ...]

    def at(self, share: float) -> Any:  # noqa: ANN401 - whatever a setting takes
        """The value that so large a share lies before."""
        return self.values[min(int(share * len(self.values)), len(self.values) - 1)]


Range = LogUniform | Uniform | Choice


def points(space: Mapping[str, Range], count: int) -> list[dict[str, Any]]:
    """Settings that fill a space evenly, however many are taken: more of them begin with the same ones.

    They are those of Halton (1960), unscrambled and without the corner that comes first, so that the first one is the
    middle of the first range.

    Args:
        space: the range of each setting.
        count: how many points.
    """
    from scipy.stats import qmc  # noqa: PLC0415 - it takes a second to import

    sequence = qmc.Halton(len(space), scramble=False)
    sequence.fast_forward(1)
    return [
        {name: within.at(float(share)) for (name, within), share in zip(space.items(), point, strict=True)}
        for point in sequence.random(count)
    ]


def _short(number: float) -> float:
    return float(f"{number:.{DIGITS}g}")
