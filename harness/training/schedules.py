"""How the learning rate goes over a run, as a share of the recipe's."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Gt, Le

Share = Annotated[float, Gt(0), Le(1)]


@dataclass(frozen=True)
class Constant:
    """Always the same."""

    def rate(self, step: int, steps: int) -> float:  # noqa: ARG002
        """At a step, counted from 0, of so many."""
        return 1.0


@dataclass(frozen=True)
class Linear:
    """Constant, then down to zero in a straight line over the last `share` of the run."""

    share: Share = 1.0

    def rate(self, step: int, steps: int) -> float:
        """At a step, counted from 0, of so many."""
        return min(1.0, (steps - step) / (self.share * steps))


@dataclass(frozen=True)
class Cosine:
    """Constant, then down to zero along half a cosine over the last `share` of the run (Loshchilov and Hutter 2017)."""

    share: Share = 1.0

    def rate(self, step: int, steps: int) -> float:
        """At a step, counted from 0, of so many."""
        return (1 - math.cos(math.pi * Linear(self.share).rate(step, steps))) / 2


@dataclass(frozen=True)
class Step:
    """Times `factor` after each `every`, a share of the run, once `after` of it has gone by."""

    every: Share = 0.1
    factor: Share = 0.5
    after: Annotated[float, Ge(0), Le(1)] = 0.0

    def rate(self, step: int, steps: int) -> float:
        """At a step, counted from 0, of so many."""
        beyond = step / steps - self.after
        return float(self.factor ** max(0, math.floor(beyond / self.every + 1e-9)))


Schedule = Constant | Linear | Cosine | Step
SCHEDULES: dict[str, type[Schedule]] = {"constant": Constant, "linear": Linear, "cosine": Cosine, "step": Step}
