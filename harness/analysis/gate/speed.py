"""Speed as a ratio to a reference cell that is timed in turn with the others: a slower machine slows both."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pydantic import ValidationError

from harness.analysis.statistics.intervals import ratio_interval
from harness.errors import HarnessError
from harness.registry.options import text_of
from harness.runs.suite import Strict, complaint, read_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.registry import Component
    from harness.runs.suite import Speed, Suite
    from harness.training.timing.measure import Measured

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


def measure(suite: Suite, speed: Speed, report: Callable[[str], object]) -> Speeds:
    """Time the cells of a suite, in this process.

    Raises:
        HarnessError: something cannot be timed like that.
    """
    import torch  # noqa: PLC0415 - comparing needs none of it

    from harness.runs.device import resolve  # noqa: PLC0415
    from harness.training.timing import measure as timing  # noqa: PLC0415
    from harness.training.timing.candidate import Candidate  # noqa: PLC0415
    from harness.training.timing.shape import Shape  # noqa: PLC0415
    from harness.training.timing.subject import Subject  # noqa: PLC0415

    shape, device = Shape.parse(speed.shape), torch.device(resolve(suite.device))
    names = dict.fromkeys([speed.reference, *map(_text, suite.plan().cells)])
    subjects = [Subject(Candidate.find(name), shape, suite.engine, torch.float32, device) for name in names]
    reference, *others = timing.measure(subjects, speed.repeats, 1, report, undisturbed=True).measured
    if not others:
        raise HarnessError(f"[speed]: {speed.reference} is the only cell: there is nothing to hold against it.")
    return Speeds(
        reference=reference.subject.candidate.label,
        engine=reference.subject.engine,
        shape=str(shape),
        device=device.type,
        cells={one.subject.candidate.label: _speed(one, reference) for one in others},
    )


def _text(cell: Component) -> str:
    return ":".join([cell.target, *(f"{name}={text_of(value)}" for name, value in cell.options.items())])


def _speed(own: Measured, reference: Measured) -> CellSpeed:
    ratios = {phase: _ratio(reference.seconds[phase], own.seconds[phase]) for phase in PHASES}
    return CellSpeed(engine=own.subject.engine, phases=ratios)


def _ratio(reference: list[float], own: list[float]) -> Ratio:
    ratio, low, high = (round(value, 4) for value in ratio_interval(reference, own))
    return Ratio(ratio=ratio, low=low, high=high)


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
