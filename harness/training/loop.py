"""The training loop."""

from __future__ import annotations

import math
from itertools import islice
from statistics import fmean
from typing import TYPE_CHECKING

import torch

from harness.modeling.tensors import detach
from harness.training.clock import Clock
from harness.training.course import Checkpoints, Course, Point, Training
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


def train(
    model: AnyModel,
    task: Task,
    recipe: Recipe,
    splits: Splits,
    device: torch.device,
    report: Callable[[int, float], None],
    observer: Observer | None = None,
    checkpoints: Checkpoints | None = None,
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
        checkpoints: training goes on from the last one, and leaves one now and then; neither changes what it gives.

    Raises:
        HarnessError: the recipe names an optimiser, schedule or regulariser that there is not.
    """
    course = Course(model, Update(model, recipe), Clock(device), observer, checkpoints)
    evaluate_at = recipe.evaluation_steps()
    metric = task.metrics[0]
    unread: list[tuple[Tensor, Tensor]] = []  # loss and gradient norm of the steps since the last look
    batches = islice(splits.train(recipe.batch), recipe.steps)
    course.begin(batches, recipe.steps)
    update, clock, result = course.update, course.clock, course.result
    clock.start()
    for step, batch in enumerate(batches, start=course.step + 1):
        with update.watch() as watched:
            outputs, course.states = model(batch, detach(course.states) if batch.carry else None)
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
            if metric.better(scores[metric.name], course.best_score):
                course.best, course.best_score, result.best_step = _copy(model), scores[metric.name], step
            clock.start()
            if math.isnan(scores[metric.name]):
                result.diverged = f"validation {metric.name} nan at step {step}"
                break
            result.curve.append(_point(step, clock.seconds, result, course.since, scores))
            course.since = step
        if observer and step in observer.moments:
            clock.stop()
            observer.look(step)
            clock.start()
        if not unread:
            course.keep(step, recipe.steps)
    clock.stop()
    result.seconds = clock.seconds
    if course.best:
        model.load_state_dict(course.best)
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
