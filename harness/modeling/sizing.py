"""Equal size: the hidden size that gives each cell as much as was asked for, of what is held equal."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from harness.errors import HarnessError, NotSupportedError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

Matched = Literal["params", "state", "flops"]
FIELDS: dict[str, str] = {"params": "parameters", "state": "state_size", "flops": "flops_per_step"}
"""Where a `Footprint`, or the record of a run, has what is held equal."""
UNITS: dict[str, str] = {"params": "parameters", "state": "numbers of state", "flops": "FLOPs a step"}
TRAINING = 3
"""Passes whose operations a training step has: the gradient of a product is two products of the same size, one for each
of its factors."""
LARGEST = 10**18
LARGEST_HIDDEN = 1 << 20


@dataclass(frozen=True)
class Footprint:
    """How large a model is.

    Attributes:
        hidden_size: of every layer.
        parameters: all trainable ones.
        state_size: numbers that the recurrent layers hand from one time step to the next, for each sequence; of a
            model that writes a sequence, those of its decoder.
        flops_per_step: floating-point operations of the products of one time step, for each sequence; None where
            they are not counted. See `harness.training.timing.flops`.
    """

    hidden_size: int
    parameters: int
    state_size: int
    flops_per_step: int | None


@dataclass(frozen=True)
class Size:
    """What is held equal between cells: parameters, state, operations a time step, or the hidden size."""

    by: Literal["params", "state", "flops", "hidden"]
    value: int

    def __str__(self) -> str:
        return f"{self.by}={self.value}"

    @classmethod
    def parse(cls, text: str) -> Size:
        """Read `params=50000`, `state=256` or `flops=1e5`.

        Raises:
            HarnessError: it is not that.
        """
        by, _, number = (part.strip() for part in text.partition("="))
        value = _whole(number)
        if by not in get_args(Matched) or value is None:
            hint = did_you_mean(by, get_args(Matched)) if by not in get_args(Matched) else ""
            raise HarnessError(
                f'"--match {text}" cannot be used.{hint} Write --match params=N, state=N or flops=N with N a positive '
                "whole number."
            )
        return cls(cast("Matched", by), value)

    def solve(self, count: Callable[[int], int], what: str) -> int:
        """The hidden size that comes nearest.

        Args:
            count: what is held equal, at a hidden size, with which it grows.
            what: which model this is, for messages.

        Raises:
            NotSupportedError: the hidden size has no effect on it.
            HarnessError: the smallest model has more than asked for.
        """
        return self.value if self.by == "hidden" else self._nearest(count, what)

    def mismatch(self, of: Any) -> float | None:  # noqa: ANN401 - a footprint or a record
        """How far something that has `FIELDS` is from what was asked for, as a share; None where nothing was."""
        amount = None if self.by == "hidden" else getattr(of, FIELDS[self.by])
        return None if amount is None else amount / self.value - 1

    def _nearest(self, count: Callable[[int], int], what: str) -> int:
        unmet, unit = f"--match {self} cannot be met: {what}", UNITS[self.by]
        smallest = count(1)
        if smallest > self.value:
            raise HarnessError(f"{unmet} with hidden size 1 already has {smallest:,} {unit}.")
        low, high = 1, 2
        while count(high) < self.value:  # low stays below the target, high ends above it
            low, high = high, 2 * high
            if high > LARGEST_HIDDEN or count(high) <= count(low):
                raise NotSupportedError(
                    f"{unmet} has {count(low):,} {unit} at hidden size {low} and does not grow further."
                )
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if count(middle) <= self.value else (low, middle)
        return min((low, high), key=lambda hidden: abs(count(hidden) - self.value))


def _whole(text: str) -> int | None:
    """The positive whole number that a text says: `50000`, `50_000`, `50,000` or `5e4`."""
    try:
        number = Decimal(text.replace(",", "") if text.isascii() else "")
    except InvalidOperation:
        return None
    if not number.is_finite() or not 0 < number <= LARGEST or number != number.to_integral_value():
        return None
    return int(number)
