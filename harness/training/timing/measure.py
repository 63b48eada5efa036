"""Timing subjects in turn, in one process, so that what disturbs one disturbs all."""

from __future__ import annotations

import gc
import math
import random
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import fmean
from typing import TYPE_CHECKING

import torch

from harness.training.timing import flops, memory
from harness.training.timing.allocator import tuned
from harness.training.timing.load import Load
from harness.training.timing.peak import Peak

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from harness.training.timing.subject import Subject

SHORTEST = 0.02
"""Seconds that a repeat should take, so that the clock and a cold cache do not matter: short passes are repeated."""
FEW_PASSES, MOST_PASSES = 10, 50


@dataclass
class Measured:
    """What was measured of a subject.

    Attributes:
        subject: what was timed.
        flops: floating-point operations of a forward pass; see `flops.count`.
        memory: bytes that a training step takes at its peak; None where the system does not tell.
        seconds: by phase, one a repeat; repeats of all subjects are paired.
    """

    subject: Subject
    flops: int
    memory: int | None
    seconds: dict[str, list[float]] = field(default_factory=lambda: {phase: [] for phase in flops.PASSES})


@dataclass(frozen=True)
class Session:
    """Subjects that were timed in turn.

    Attributes:
        measured: in the order of the subjects.
        repeats: how often.
        threads: of torch and of the engine.
        peak_of: whose product is the fastest.
        peaks: floating-point operations a second of that product, one a repeat.
        others: how many processors others kept busy; None where the system does not tell.
        tuned_allocator: see `allocator.tuned`.
    """

    measured: list[Measured]
    repeats: int
    threads: int
    peak_of: str
    peaks: list[float]
    others: float | None
    tuned_allocator: bool


def measure(
    subjects: Sequence[Subject],
    repeats: int,
    threads: int,
    report: Callable[[str], object] = lambda _: None,
    *,
    undisturbed: bool = False,
) -> Session:
    """Time some subjects.

    Each is warmed up by a small pass, by the training step whose memory is measured, and by a pass of each kind. Then
    in each repeat all are timed, in an order that is drawn anew.

    Args:
        subjects: at least one; all of one type of numbers, on one device.
        repeats: how often.
        threads: how many torch and the engine may use.
        report: is told what is done.
        undisturbed: whether a repeat is the fastest of its passes, of at least `FEW_PASSES`, and not their mean: what
            others do on the machine then counts less.

    Raises:
        HarnessError: there is not enough memory.
    """
    first = subjects[0]
    order, measured = random.Random(0), []  # noqa: S311 - no secret
    with _threads(threads), _no_collecting():
        for number, subject in enumerate(subjects, start=1):
            report(f"warming up {subject.candidate.label} ({number} of {len(subjects)})")
            measured.append(_prepared(subject))
        passes = [_passes(subject, FEW_PASSES if undisturbed else 1) for subject in subjects]
        peak, load = Peak(first.x.dtype, first.device), Load()
        for repeat in range(1, repeats + 1):
            report(f"timing {len(subjects)} layers: repeat {repeat} of {repeats}")
            gc.collect()
            peak.begin_repeat()
            for number in order.sample(range(len(subjects)), len(subjects)):
                _time(measured[number], *passes[number], summary=min if undisturbed else fmean)
                peak.try_again()
        others = load.others()
    return Session(measured, repeats, threads, *peak.best(), others, tuned())


def _prepared(subject: Subject) -> Measured:
    subject.warm_up()
    taken = memory.peak_over_base(subject.train, subject.device)
    return Measured(subject, flops.count(subject.layer, subject.x), taken)


def _passes(subject: Subject, least: int) -> tuple[int, int]:
    """How many passes of training and of inference a repeat has; measuring it warms up, too."""
    seconds = subject.train()["training"], subject.infer()["inference"]
    training, inference = (min(MOST_PASSES, max(least, math.ceil(SHORTEST / max(once, 1e-9)))) for once in seconds)
    return training, inference


def _time(measured: Measured, training: int, inference: int, summary: Callable[[list[float]], float]) -> None:
    """Add a repeat: its passes in a number."""
    for one, passes in ((measured.subject.train, training), (measured.subject.infer, inference)):
        rounds = [one() for _ in range(passes)]
        for phase in rounds[0]:
            measured.seconds[phase].append(summary([seconds[phase] for seconds in rounds]))


@contextmanager
def _threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Where Python does not look for garbage in cycles: when it would, depends on what else there is."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()
