"""Timing the cells of a suite, each in turn with the reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from harness.analysis.gate.speed import PHASES, CellSpeed, Ratio, Speeds
from harness.analysis.statistics.intervals import ratio_interval
from harness.errors import HarnessError
from harness.registry.options import text_of
from harness.runs.device import resolve
from harness.training.timing import measure as timing
from harness.training.timing.candidate import Candidate
from harness.training.timing.shape import Shape
from harness.training.timing.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.registry import Component
    from harness.runs.suite import Speed, Suite
    from harness.training.timing.measure import Measured


def measure(suite: Suite, speed: Speed, report: Callable[[str], object]) -> Speeds:
    """Time the cells of a suite, in this process.

    Raises:
        HarnessError: something cannot be timed like that.
    """
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
