"""Equal size: the hidden size that gives each cell the number of parameters asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from harness.errors import HarnessError

if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST_HIDDEN = 1 << 20


@dataclass(frozen=True)
class Size:
    """What is held equal between cells: all trainable parameters of the model, or the hidden size."""

    by: Literal["params", "hidden"]
    value: int

    def __str__(self) -> str:
        return f"{self.by}={self.value}"

    @classmethod
    def parse(cls, text: str) -> Size:
        """Read `params=50000`.

        Raises:
            HarnessError: it is not that.
        """
        by, _, value = text.partition("=")
        digits = value.replace("_", "").replace(",", "")
        if by != "params" or not digits.isdecimal() or int(digits) == 0:
            raise HarnessError(f'"--match {text}" cannot be used: write --match params=N with N a positive number.')
        return cls("params", int(digits))

    def solve(self, count: Callable[[int], int], what: str) -> int:
        """The hidden size that comes nearest.

        Args:
            count: the number of parameters at a hidden size, which grows with it.
            what: which model this is, for messages.

        Raises:
            HarnessError: no hidden size comes near: the smallest model is larger, or the size has no effect.
        """
        return self.value if self.by == "hidden" else _nearest(count, self.value, what)


def _nearest(count: Callable[[int], int], target: int, what: str) -> int:
    smallest = count(1)
    if smallest > target:
        raise HarnessError(
            f"--match params={target} cannot be met: {what} with hidden size 1 already has {smallest:,} parameters."
        )
    low, high = 1, 2
    while count(high) < target:  # low stays below the target, high ends above it
        low, high = high, 2 * high
        if high > LARGEST_HIDDEN or count(high) <= count(low):
            raise HarnessError(
                f"--match params={target} cannot be met: {what} has {count(low):,} parameters at hidden size {low} "
                "and does not grow further."
            )
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if count(middle) <= target else (low, middle)
    return min((low, high), key=lambda hidden: abs(count(hidden) - target))
