"""The training loop."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

import torch
from torch.nn.utils import clip_grad_norm_
from torch.optim.lr_scheduler import LambdaLR

from harness.training.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from torch import Tensor

    from harness.modeling.cell import States
    from harness.modeling.model import Model
    from harness.training.recipe import Recipe
    from harness.training.splits import Splits, Tensors
    from harness.training.task import Task, Totals

EXPLODED = 1000.0
"""A loss this many times the first one counts as diverged."""
LOOK_EVERY = 10
"""How many steps go by before their losses are read from the device: reading waits for it."""


@dataclass(frozen=True)
class Point:
    """A point of the learning curve: the mean training loss since the last point, and the validation scores."""

    step: int
    seconds: float
    loss: float
    scores: dict[str, float]


@dataclass
class Training:
    """What training gave; the model is left in the state that did best on validation."""

    curve: list[Point] = field(default_factory=list)
    best_step: int = 0
    seconds: float = 0.0
    sequence_steps: int = 0
    losses: list[float] = field(default_factory=list)
    clipped_steps: int = 0
    diverged: str = ""
    """What happened, where training diverged; the curve up to there stands."""


def train(
    model: Model, task: Task, recipe: Recipe, splits: Splits, device: torch.device, report: Callable[[int, float], None]
) -> Training:
    """Train the model by the recipe and leave it in the state that did best on validation.

    Args:
        model: on the device, with its initial weights.
        task: whose loss and scores are used.
        recipe: how to train.
        splits: the data; only training and validation are read.
        device: of the model.
        report: is told the step and its training loss now and then.
    """
    optimiser = torch.optim.Adam(model.parameters(), recipe.learning_rate, betas=(recipe.beta1, recipe.beta2))
    schedule = LambdaLR(optimiser, recipe.rate)
    evaluate_at = recipe.evaluation_steps()
    result = Training()
    metric = task.metrics[0]
    best: dict[str, Tensor] = {}
    best_score = math.nan
    since = 0  # the step of the last evaluation
    unread: list[tuple[Tensor, Tensor]] = []  # loss and gradient norm of the steps since the last look
    states: list[States] | None = None
    clock = Clock(device)
    clock.start()
    for step, batch in enumerate(islice(splits.train(recipe.batch), recipe.steps), start=1):
        outputs, states = model(batch.inputs, detach(states) if batch.carry else None, batch.lengths)
        loss = task.loss(outputs, batch.targets, batch.lengths)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        norm = clip_grad_norm_(model.parameters(), recipe.clip)
        optimiser.step()
        schedule.step()
        result.sequence_steps += batch.sequence_steps
        unread.append((loss.detach(), norm))
        if step % LOOK_EVERY == 0 or step in evaluate_at:
            _look(unread, recipe.clip, result)
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
            mean_loss = sum(result.losses[since:]) / (step - since)
            result.curve.append(Point(step, clock.seconds, mean_loss, scores))
            since = step
    clock.stop()
    result.seconds = clock.seconds
    if best:
        model.load_state_dict(best)
    return result


def evaluate(model: Model, task: Task, batches: Iterable[Tensors]) -> dict[str, float]:
    """The task's metrics over some batches, without training."""
    totals: Totals = {}
    states: list[States] | None = None
    model.eval()
    with torch.inference_mode():
        for batch in batches:
            outputs, states = model(batch.inputs, states if batch.carry else None, batch.lengths)
            for name, value in task.tally(outputs, batch.targets, batch.lengths).items():
                totals[name] = totals.get(name, 0) + value
    model.train()
    return task.score(totals)


def detach(states: list[States] | None) -> list[States] | None:
    """The same states, cut off from the graph that made them: where truncated backpropagation stops."""
    return states and [tuple(state.detach() for state in layer) for layer in states]


def _look(unread: list[tuple[Tensor, Tensor]], clip: float, result: Training) -> None:
    """Read the losses and gradient norms of the last steps; say so where training has diverged."""
    for loss, norm in torch.stack([torch.stack(pair) for pair in unread]).tolist():
        result.losses.append(loss)
        result.clipped_steps += norm >= clip
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


def _copy(model: Model) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}
