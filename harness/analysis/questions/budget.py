"""What a run may spend, and what it has spent at a point of its curve."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from harness.errors import HarnessError, did_you_mean
from harness.modeling.sizing import TRAINING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.runs.record import RunRecord

Spent = Literal["steps", "seconds", "tokens", "flops"]
WORDS: dict[str, str] = {
    "steps": "optimiser steps",
    "seconds": "seconds of training",
    "tokens": "time steps of sequences trained on",
    "flops": "floating-point operations of training",
}


@dataclass(frozen=True)
class Budget:
    """What a run may spend: optimiser steps, seconds, time steps of sequences (tokens), or operations (flops)."""

    by: Spent
    value: float

    def __str__(self) -> str:
        return f"{self.by}={self.value:g}"

    @classmethod
    def parse(cls, text: str) -> Budget:
        """Read `steps=500`, `seconds=10`, `tokens=1e6` or `flops=1e12`.

        Raises:
            HarnessError: it is not that.
        """
        by, _, number = (part.strip() for part in text.partition("="))
        try:
            value = float(number.replace(",", ""))
        except ValueError:
            value = math.nan
        if by not in get_args(Spent) or not 0 < value < math.inf:
            hint = did_you_mean(by, get_args(Spent)) if by not in get_args(Spent) else ""
            raise HarnessError(
                f'"--at {text}" cannot be used.{hint} Write --at steps=N, seconds=N, tokens=N or flops=N with N a '
                "positive number."
            )
        return cls(cast("Spent", by), value)


def spent(run: RunRecord, by: Spent, at: Mapping[str, Any]) -> float | None:
    """What a run had spent at a point of its curve; None where its record does not tell.

    Args:
        run: whose curve it is.
        by: what is spent.
        at: the point, or the totals of a record under the same names.
    """
    if by in {"steps", "seconds"}:
        return cast("float | None", at.get("step" if by == "steps" else by))
    tokens = at.get("sequence_steps")
    if by == "tokens" or tokens is None:
        return tokens
    return None if run.flops_per_step is None else float(TRAINING * run.flops_per_step * tokens)
