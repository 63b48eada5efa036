"""Speed as a ratio to a reference cell that is timed in turn with the others: a slower machine slows both."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pydantic import ValidationError

from harness.errors import HarnessError
from harness.runs.suite import Strict, complaint, read_text

if TYPE_CHECKING:
    from pathlib import Path

FILE = "speed.json"
"""In a results folder: what was timed last."""
PHASES = ("training", "inference")
TWO_SIDED, ONE_SIDED = 1.96, 1.645
"""How many standard errors an interval of 95% reaches, to both sides and to one."""


class Ratio(Strict):
    """How many times as fast as the reference, with the 95% interval."""

    ratio: float
    low: float
    high: float

    def slower(self, now: Ratio) -> tuple[float, float, float]:
        """By which share something has become slower, by how much at least and at most, each at a level of 95%."""
        log = math.log(self.ratio / now.ratio)
        errors = (math.log(one.high / one.low) / (2 * TWO_SIDED) for one in (self, now))
        half = ONE_SIDED * math.hypot(*errors)
        return math.expm1(log), math.expm1(log - half), math.expm1(log + half)


class CellSpeed(Strict):
    """One cell's speed, by phase, and what ran it."""

    engine: str
    phases: dict[str, Ratio]


class Speeds(Strict):
    """What was timed.

    Attributes:
        reference: the cell that all are held against.
        engine: what ran that.
        shape: at which all were timed.
        device: where.
        cells: by name with options.
    """

    reference: str
    engine: str
    shape: str
    device: str
    cells: dict[str, CellSpeed]

    def best(self, other: Speeds) -> Speeds:
        """Of two times that the same was timed, the better ratio of each cell and phase."""
        cells = {
            name: CellSpeed(
                engine=one.engine,
                phases={
                    phase: max(one.phases[phase], other.cells[name].phases[phase], key=lambda ratio: ratio.ratio)
                    for phase in PHASES
                },
            )
            for name, one in self.cells.items()
        }
        return self.model_copy(update={"cells": cells})

    def deviations(self, other: Speeds, cell: str) -> list[str]:
        """What must agree for a cell's speed to be compared, and does not; `other` is newer."""
        pairs = {
            "reference": (self.reference, other.reference),
            "shape": (self.shape, other.shape),
            "device": (self.device, other.device),
            f"engine of {self.reference}": (self.engine, other.engine),
            "engine": (self.cells[cell].engine, other.cells[cell].engine),
        }
        return [f"{name} was {before} and is {now}" for name, (before, now) in pairs.items() if before != now]


def keep(folder: Path, speeds: Speeds) -> None:
    """Put what was timed into a results folder."""
    (folder / FILE).write_text(speeds.model_dump_json(indent=1) + "\n", encoding="utf-8")


def load(folder: Path) -> Speeds | None:
    """What was timed last in a results folder; None where nothing was.

    Raises:
        HarnessError: the file is damaged.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        return Speeds.model_validate_json(read_text(path, "file of speeds"))
    except ValidationError as error:
        raise HarnessError(complaint(error, Speeds, str(path))) from error
