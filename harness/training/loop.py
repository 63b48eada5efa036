"""The training loop."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import islice
from statistics import fmean
from typing import TYPE_CHECKING

import torch

from harness.modeling.tensors import detach
from harness.training.clock import Clock
from harness.training.update import Update

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from torch import Tensor

    from harness.modeling.assembly import AnyModel
    from harness.modeling.cell import States
    from harness.modeling.tensors import Tensors
    from harness.training.observer import Observer
    from harness.training.recipe import Recipe
    from harness.training.splits import Splits
    from harness.training.task import Task, Totals

EXPLODED = 1000.0
"""A loss this many times the first one counts as diverged."""
LOOK_EVERY = 10
"""How many steps go by before their losses are read from the device: reading waits for it."""


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


def train(
    model: AnyModel,
    task: Task,
    recipe: Recipe,
    splits: Splits,
    device: torch.device,
    report: Callable[[int, float], None],
    observer: Observer | None = None,
) -> Training:
    """Train the model by the recipe and leave it in the state that did best on validation.

    Args:
        model: on the device, with its initial weights.
        task: whose loss and scores are used.
        recipe: how to train.
        splits: the data; only training and validation are read.
        device: of the model.
        report: is told the step and its training loss now and then.
        observer: looks at the model now and then; its time does not count.

    Raises:
        HarnessError: the recipe names an optimiser, schedule or regulariser that there is not.
    """
    update = Update(model, recipe)
    evaluate_at = recipe.evaluation_steps()
    result = Training()
    metric = task.metrics[0]
    best: dict[str, Tensor] = {}
    best_score = math.nan
    since = 0  # the step of the last evaluation
    unread: list[tuple[Tensor, Tensor]] = []  # loss and gradient norm of the steps since the last look
    states: list[States] | None = None
    if observer:
        observer.look(0)
    clock = Clock(device)
    clock.start()
    for step, batch in enumerate(islice(splits.train(recipe.batch), recipe.steps), start=1):
        with update.watch() as watched:
            outputs, states = model(batch, detach(states) if batch.carry else None)
        loss = task.loss(outputs, batch)
        norm = update(loss, watched)
        result.sequence_steps += model.steps(batch)
        unread.append((loss.detach(), norm))
        if step % LOOK_EVERY == 0 or step in evaluate_at:
            _look(unread, update.clip, result)
            report(step, result.losses[-1])
            if result.diverged:
                break
        if step in evaluate_at:
            clock.stop()
            scores = evaluate(model, task, splits.validation())
            if metric.better(scores[metric.name], best_score):
                best, best_score, result.best_step = _copy(model), scores[metric.name], step
            clock.start()
            if math.isnan(scores[metric.name]):
                result.diverged = f"validation {metric.name} nan at step {step}"
                break
            result.curve.append(_point(step, clock.seconds, result, since, scores))
            since = step
        if observer and step in observer.moments:
            clock.stop()
            observer.look(step)
            clock.start()
    clock.stop()
    result.seconds = clock.seconds
    if best:
        model.load_state_dict(best)
    return result


def evaluate(model: AnyModel, task: Task, batches: Iterable[Tensors]) -> dict[str, float]:
    """The task's metrics over some batches, without training."""
    totals: Totals = {}
    states: list[States] | None = None
    model.eval()
    with torch.inference_mode():
        for batch in batches:
            outputs, states = model.answer(batch, states if batch.carry else None)
            for name, value in task.tally(outputs, batch).items():
                totals[name] = totals.get(name, 0) + value
    model.train()
    return task.score(totals)


def _point(step: int, seconds: float, result: Training, since: int, scores: dict[str, float]) -> Point:
    loss, norm, clipped = (fmean(values[since:]) for values in (result.losses, result.norms, result.clipped))
    return Point(step, seconds, result.sequence_steps, loss, norm, clipped, scores)


def _look(unread: list[tuple[Tensor, Tensor]], clip: float, result: Training) -> None:
    """Read the losses and gradient norms of the last steps; say so where training has diverged."""
    for loss, norm in torch.stack([torch.stack(pair) for pair in unread]).tolist():
        result.losses.append(loss)
        result.norms.append(norm)
        result.clipped.append(norm >= clip)
        step = len(result.losses)
        if not math.isfinite(loss):
            result.diverged = f"loss {loss} at step {step}"
        elif not math.isfinite(norm):
            result.diverged = f"gradient norm {norm} at step {step}"
        elif loss > EXPLODED * max(result.losses[0], 1e-3):
            result.diverged = f"loss {loss:.3g} at step {step}, {EXPLODED:.0f} times the first one"
        if result.diverged:
            break
    unread.clear()


def _copy(model: AnyModel) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}
