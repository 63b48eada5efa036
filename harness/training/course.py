"""All that changes while a model is trained, so that training can be broken off and gone on with."""

from __future__ import annotations

import math
import random
import warnings
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch

from harness.training.diagnostics import Diagnosis
from harness.training.observer import Sample

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from torch import Tensor

    from harness.modeling.assembly import AnyModel
    from harness.modeling.cell import States
    from harness.training.clock import Clock
    from harness.training.observer import Observer
    from harness.training.update import Update


@dataclass(frozen=True)
class Point:
    """A point of the learning curve: validation scores, and how training went since the last point.

    Attributes:
        step: optimiser steps so far.
        seconds: of training so far.
        sequence_steps: time steps of sequences trained on so far.
        loss: the mean training loss.
        gradient_norm: the mean norm of the gradient over all parameters, before it was clipped.
        clipped: the share of clipped steps.
        scores: metric to value.
    """

    step: int
    seconds: float
    sequence_steps: int
    loss: float
    gradient_norm: float
    clipped: float
    scores: dict[str, float]


@dataclass
class Training:
    """What training gave; the model is left in the state that did best on validation."""

    curve: list[Point] = field(default_factory=list)
    best_step: int = 0
    seconds: float = 0.0
    sequence_steps: int = 0
    losses: list[float] = field(default_factory=list)
    norms: list[float] = field(default_factory=list)
    """Of the gradient over all parameters at each step, before it was clipped."""
    clipped: list[bool] = field(default_factory=list)
    diverged: str = ""
    """What happened, where training diverged; the curve up to there stands."""


@dataclass(frozen=True)
class Snapshot:
    """Training between two steps, as tensors and as values that JSON can hold; numbers come back to the last bit."""

    tensors: dict[str, Tensor]
    values: dict[str, Any]


class Checkpoints(Protocol):
    """Where the snapshots of one run are kept."""

    def load(self) -> Snapshot | None:
        """The last one, if there is one that can be used here."""

    def due(self) -> bool:
        """Whether it is time for one."""

    def save(self, snapshot: Snapshot) -> None:
        """Keep it instead of the one before."""


@dataclass
class Course:
    """The state of a training: the model, what updates it, what was noted, and where the random numbers are."""

    model: AnyModel
    update: Update
    clock: Clock
    observer: Observer | None
    checkpoints: Checkpoints | None = None
    result: Training = field(default_factory=Training)
    step: int = 0
    """Steps that are behind."""
    best: dict[str, Tensor] = field(default_factory=dict)
    """The state that did best on validation until now."""
    best_score: float = math.nan
    since: int = 0
    """The step of the last evaluation."""
    states: list[States] | None = None
    """Of the last batch, cut off from their graph: what goes on where the next batch carries on."""

    def begin(self, batches: Iterator[object], steps: int) -> None:
        """Begin, or go on from a checkpoint where there is one: the data that were seen are drawn again, and dropped.

        Args:
            batches: the training data from the beginning.
            steps: of the whole training.
        """
        snapshot = self.checkpoints and self.checkpoints.load()
        if snapshot and self._resumed(snapshot, steps):
            next(islice(batches, self.step, self.step), None)
            _set_random(snapshot)  # again: drawing data may have used some
        elif self.observer:
            self.observer.look(0)

    def keep(self, step: int, steps: int) -> None:
        """Leave a checkpoint after a step of so many, if it is time for one; the clock does not count it."""
        self.step = step
        if self.checkpoints and step < steps and self.checkpoints.due():
            self.clock.stop()
            self.checkpoints.save(self.snapshot())
            self.clock.start()

    def _resumed(self, snapshot: Snapshot, steps: int) -> bool:
        """Whether this is now the state of a snapshot; one that does not fit leaves everything as it was."""
        before = self.snapshot()
        try:
            self._restore(snapshot)
            if not 0 < self.step < steps or self.step != len(self.result.losses):
                raise ValueError(f"it is of step {self.step}")  # noqa: TRY301 - told below
        except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
            self._restore(before)
            warnings.warn(
                f"a checkpoint cannot be used, and training begins anew: {error}", RuntimeWarning, stacklevel=2
            )
            return False
        return True

    def snapshot(self) -> Snapshot:
        """All of it."""
        tensors = {
            **_named("model", self.model.state_dict()),
            **_named("best", self.best),
            **_named(
                "states", {f"{i}/{j}": s for i, layer in enumerate(self.states or ()) for j, s in enumerate(layer)}
            ),
            **_named("update", self.update.tensors()),
            **_named("random", self._random()),
        }
        observer = self.observer
        values = {
            "step": self.step,
            "best_score": self.best_score,
            "since": self.since,
            "seconds": self.clock.seconds,
            "states": None if self.states is None else [len(layer) for layer in self.states],
            "result": asdict(self.result),
            "diagnoses": [asdict(diagnosis) for diagnosis in observer.diagnoses] if observer else [],
            "diagnosing": observer.diagnosing.seconds if observer else 0.0,
            "samples": [asdict(sample) for sample in observer.samples] if observer else [],
            "update": self.update.values(),
            "random": [random.getstate(), _plain(np.random.get_state())],  # noqa: NPY002 - it is kept, not drawn from
        }
        return Snapshot({name: tensor.detach().cpu().clone() for name, tensor in tensors.items()}, values)

    def _random(self) -> dict[str, Tensor]:
        """Where torch's random numbers are."""
        device = next(self.model.parameters()).device
        on_device = {"cuda": torch.cuda.get_rng_state(device)} if device.type == "cuda" else {}
        return {"cpu": torch.get_rng_state(), **on_device}

    def _restore(self, snapshot: Snapshot) -> None:
        tensors, values = snapshot.tensors, snapshot.values
        device = next(self.model.parameters()).device
        if device.type == "cuda":
            torch.cuda.set_rng_state(tensors["random/cuda"], device)
        self.model.load_state_dict(_of("model", tensors))
        self.best = {name: tensor.to(device) for name, tensor in _of("best", tensors).items()}
        self.update.restore(_of("update", tensors), values["update"])
        counts, states = values["states"], _of("states", tensors)
        self.states = counts and [
            tuple(states[f"{i}/{j}"].to(device) for j in range(count)) for i, count in enumerate(counts)
        ]
        self.step, self.since, self.best_score = values["step"], values["since"], values["best_score"]
        self.clock.seconds = values["seconds"]
        points = [Point(**point) for point in values["result"]["curve"]]
        self.result = Training(**{**values["result"], "curve": points})
        if self.observer:
            self.observer.diagnoses = [Diagnosis(**diagnosis) for diagnosis in values["diagnoses"]]
            self.observer.samples = [Sample(**sample) for sample in values["samples"]]
            self.observer.diagnosing.seconds = values["diagnosing"]
        _set_random(snapshot)


def _set_random(snapshot: Snapshot) -> None:
    torch.set_rng_state(snapshot.tensors["random/cpu"])
    (version, numbers, gauss), (name, key, *rest) = snapshot.values["random"]
    random.setstate((version, tuple(numbers), gauss))
    np.random.set_state((name, np.array(key, dtype=np.uint32), *rest))  # noqa: NPY002 - as it was


def _plain(state: Any) -> list[Any]:  # noqa: ANN401 - numpy says no more of it
    return [part.tolist() if isinstance(part, np.ndarray) else part for part in state]


def _named(group: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {f"{group}/{name}": tensor for name, tensor in tensors.items()}


def _of(group: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(f"{group}/"): t for name, t in tensors.items() if name.startswith(f"{group}/")}
