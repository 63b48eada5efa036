"""How much worse a score may get."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")


@dataclass(frozen=True)
class Tolerance:
    """A share of the baseline's mean, or an amount in the unit of the metric."""

    value: float
    relative: bool

    @classmethod
    def parse(cls, given: object) -> Tolerance:
        """Read `"5%"` or `0.001`.

        Raises:
            ValueError: it is neither.
        """
        if isinstance(given, str) and (match := _PERCENT.fullmatch(given.strip())):
            return cls(float(match[1]) / 100, relative=True)
        if isinstance(given, int | float) and not isinstance(given, bool) and 0 <= given < float("inf"):
            return cls(float(given), relative=False)
        raise ValueError(
            'should be a share of the baseline, as in "5%", or an amount in the metric\'s unit, as in 0.001'
        )

    def amount(self, mean: float) -> float:
        """In the unit of the metric, where the baseline's mean is this."""
        return self.value * abs(mean) if self.relative else self.value

    def plain(self) -> str | float:
        """As it is written in a file."""
        return str(self) if self.relative else self.value

    def __str__(self) -> str:
        return f"{100 * self.value:g}%" if self.relative else f"{self.value:g}"
