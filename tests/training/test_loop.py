"""The training loop on tasks so small that every number is known."""

from __future__ import annotations

import math
from itertools import count, cycle, islice
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import nn

from harness import Classes, Metric, Real, Recipe, Task
from harness.data.batch import Batch
from harness.modeling.assembly import Architecture, build
from harness.training.loop import train
from harness.training.splits import Splits
from harness_scratch.elman import Elman
from harness_scratch.gru import GRU

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from torch import Tensor

    from harness import Baseline, States, Tensors, Totals
    from harness.data.batch import Split
    from harness.modeling.cell import CellClass
    from harness.training.loop import Training

CPU = torch.device("cpu")


class Slope(nn.Module):
    """Outputs 3 a x + 4 b x, whose gradient with respect to (a, b) is (3 x, 4 x), of norm 5 |x|."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Parameter(torch.zeros(()))
        self.b = nn.Parameter(torch.zeros(()))
        self.seen = []  # (training, states, whether they belong to a graph)

    def forward(self, batch: Tensors, states: list[States] | None) -> tuple[Tensor, list[States]]:
        attached = states is not None and states[0][0].requires_grad
        self.seen.append((self.training, states and states[0][0].item(), attached))
        x = batch.inputs[0, 0, 0]
        return 3 * self.a * x + 4 * self.b * x, [(self.a * 0 + x,)]

    def answer(self, batch: Tensors, states: list[States] | None) -> tuple[Tensor, list[States]]:
        return self(batch, states)

    def steps(self, batch: Tensors) -> int:
        return batch.input_steps


class Root(Slope):
    """Has a finite loss with an infinite gradient where x is 0.5."""

    def forward(self, batch: Tensors, states: list[States] | None) -> tuple[Tensor, list[States]]:
        outputs, states = super().forward(batch, states)
        return (torch.sqrt(outputs - outputs.detach()) if batch.inputs[0, 0, 0] == 0.5 else outputs), states


class Descent(Task):
    """Minimises the model's output over a sequence of inputs x; validation scores where a has got to."""

    metrics = (Metric("distance", "lower"),)
    recipes = {}  # noqa: RUF012
    topology = "many to one"
    encoding = Real(1)
    output = Real(1)

    def __init__(self, xs: Iterable[float], target: float = 0.0, *, carry: bool = False) -> None:
        self.xs, self.target, self.carry = xs, target, carry

    def batches(self, split: Split, batch: int, seed: int) -> Iterator[Batch]:  # noqa: ARG002 - the interface of a task
        for x in self.xs if split == "train" else [1.0, 2.0]:
            values = np.full((1, 1, 1), x, dtype=np.float32)
            yield Batch(values, values[0], carry=self.carry)

    def loss(self, outputs: Tensor, batch: Tensors) -> Tensor:  # noqa: ARG002
        return outputs

    def tally(self, outputs: Tensor, batch: Tensors) -> Totals:
        return {"output": outputs.item(), "x": batch.targets.item()}

    def score(self, totals: Totals) -> dict[str, float]:
        return {"distance": abs(totals["output"] / totals["x"] - self.target)}

    def baselines(self) -> list[Baseline]:
        return []


def descend(
    xs: list[float], model: Slope | None = None, task: Descent | None = None, **recipe: Any
) -> tuple[Slope, Training, list[tuple[int, float]]]:
    model = model or Slope()
    task = task or Descent(xs)
    recipe = Recipe(**{"steps": len(xs), "batch": 1, "learning_rate": 0.01, "parameters": 2, "clip": 1e9, **recipe})
    reports = []
    result = train(model, task, recipe, Splits(task, 0, CPU), CPU, lambda *what: reports.append(what))
    return model, result, reports


@pytest.mark.parametrize(
    ("clip", "gradient"), [(1.0, (0.6, 0.8)), (3.5, (2.1, 2.8)), (5.0, (3.0, 4.0)), (6.0, (3.0, 4.0))]
)
def test_the_gradient_over_all_parameters_is_scaled_to_the_threshold(
    clip: float, gradient: tuple[float, float]
) -> None:
    model, _, _ = descend([1.0], clip=clip)
    assert (model.a.grad.item(), model.b.grad.item()) == pytest.approx(gradient, rel=1e-5)


def test_steps_whose_norm_reaches_the_threshold_count_as_clipped() -> None:
    _, result, _ = descend([0.2, 1.0, 2.0, -3.0, 0.9, 0.1], clip=5.0)
    assert sum(result.clipped) == 3  # norms 1, 5, 10, 15, 4.5, 0.5


@pytest.mark.parametrize(
    ("schedule", "way"), [("constant", 20.0), ("linear", 10.5), ("linear:share=0.5", 10 + 5.5), ("cosine", 10.5)]
)
def test_the_learning_rate_follows_its_schedule(schedule: str, way: float) -> None:
    model, _, _ = descend([1.0] * 20, schedule=schedule, evaluations=1)
    assert model.a.item() == pytest.approx(-0.01 * way, rel=1e-4)  # Adam moves by the rate under a constant gradient


def test_the_state_that_did_best_on_validation_is_the_one_that_is_left() -> None:
    # a and b fall by 0.01 a step, so the output over x is -0.07 a step; nearest to -0.37 after 5 steps, then worse
    xs = [1.0] * 12
    model, result, _ = descend(xs, task=Descent(xs, target=-0.37), evaluations=12)
    distances = [point.scores["distance"] for point in result.curve]
    assert result.best_step == 5
    assert model.a.item() == pytest.approx(-0.05, rel=1e-4)
    assert distances == pytest.approx([abs(0.37 - 0.07 * step) for step in range(1, 13)], abs=1e-5)


def test_the_curve_has_the_mean_loss_since_the_point_before() -> None:
    _, result, reports = descend([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], evaluations=3)
    assert [point.step for point in result.curve] == [2, 5, 7]
    means = [np.mean(result.losses[start:end]) for start, end in ((0, 2), (2, 5), (5, 7))]
    assert [point.loss for point in result.curve] == pytest.approx(means)
    assert result.losses[1] == pytest.approx(2 * -0.07, rel=1e-4)
    assert reports == [(step, result.losses[step - 1]) for step in (2, 5, 7)]
    assert result.sequence_steps == 7
    assert [point.seconds for point in result.curve] == sorted(point.seconds for point in result.curve)
    assert 0 < result.curve[-1].seconds <= result.seconds


@pytest.mark.parametrize(
    ("xs", "model", "what"),
    [
        ([1.0] * 6 + [math.nan] + [1.0] * 20, Slope, "loss nan at step 7"),
        ([1.0] * 6 + [math.inf] + [1.0] * 20, Slope, "loss -inf at step 7"),
        ([1.0] * 6 + [-1e9] + [1.0] * 20, Slope, "loss 4.2e+08 at step 7, 1000 times the first one"),
        ([1.0] * 6 + [0.5] + [1.0] * 20, Root, "gradient norm inf at step 7"),
    ],
)
def test_divergence_is_a_result_and_names_its_step(xs: list[float], model: type[Slope], what: str) -> None:
    model, result, _ = descend(xs, model=model(), evaluations=9)  # every third step
    assert result.diverged == what
    assert [point.step for point in result.curve] == [3, 6]
    assert len(result.losses) == 7
    assert model.a.item() == pytest.approx(-0.01 * result.best_step, rel=1e-4)  # not what divergence left behind


def test_a_large_loss_is_no_divergence_if_it_began_large() -> None:
    _, result, _ = descend([-1e6, 1.0, -1e6, 1.0], evaluations=2)
    assert result.diverged == ""


def test_a_validation_score_that_is_no_number_is_divergence() -> None:
    class Blind(Descent):
        def score(self, totals: Totals) -> dict[str, float]:
            return {"distance": super().score(totals)["distance"] if totals["output"] > -1 else math.nan}

    xs = [1.0] * 12
    model, result, _ = descend(xs, task=Blind(xs), evaluations=12)  # the outputs add up to -0.21 a step
    assert result.diverged == "validation distance nan at step 5"
    assert [point.step for point in result.curve] == [1, 2, 3, 4]
    assert model.a.item() == pytest.approx(-0.01, rel=1e-4)


def test_carried_states_go_on_detached_and_validation_has_its_own() -> None:
    xs = [3.0, 4.0, 5.0]
    model, _, _ = descend(xs, task=Descent(xs, carry=True), evaluations=1)
    training = [(states, attached) for in_training, states, attached in model.seen if in_training]
    validation = [(states, attached) for in_training, states, attached in model.seen if not in_training]
    assert training == [(None, False), (3.0, False), (4.0, False)]
    assert validation == [(None, False), (1.0, False)]
    assert model.training


def test_training_goes_on_with_its_own_states_after_a_validation() -> None:
    xs = [3.0, 4.0, 5.0]
    model, _, _ = descend(xs, task=Descent(xs, carry=True), evaluations=3)
    assert [states for in_training, states, _ in model.seen if in_training] == [None, 3.0, 4.0]


def test_without_carry_every_batch_starts_anew() -> None:
    model, _, _ = descend([3.0, 4.0, 5.0], evaluations=1)
    assert {states for _, states, _ in model.seen} == {None}


def test_a_task_that_runs_out_of_training_batches_is_told_so() -> None:
    with pytest.raises(RuntimeError, match=r"^Descent has no more training batches: they must go on without end$"):
        descend([1.0, 1.0], steps=3)


class Sign(Task):
    """The sign of the first of a few numbers."""

    metrics = (Metric("accuracy", "higher"),)
    recipes = {}  # noqa: RUF012
    topology = "many to one"
    encoding = Real(1)
    output = Classes(2)

    def batches(self, split: Split, batch: int, seed: int) -> Iterator[Batch]:
        generator = np.random.default_rng([seed, len(split)])
        for _ in count() if split == "train" else range(3):
            x = generator.normal(size=(4, batch, 1)).astype(np.float32)
            yield Batch(x, (x[0, :, 0] > 0).astype(np.int64))

    def score(self, totals: Totals) -> dict[str, float]:
        return {"accuracy": totals["correct"] / totals["count"]}

    def baselines(self) -> list[Baseline]:
        return []


def learn(cell: CellClass, seed: int) -> tuple[nn.Module, Training]:
    task = Sign()
    model = build(cell, {}, Architecture(task.encoding, task.output, task.topology), 8, seed)
    recipe = Recipe(steps=120, batch=32, learning_rate=0.02, parameters=100, evaluations=4)
    result = train(model, task, recipe, Splits(task, seed, CPU), CPU, lambda *_: None)
    return model, result


@pytest.mark.parametrize("cell", [Elman, GRU])
def test_it_learns(cell: CellClass) -> None:
    _, result = learn(cell, seed=0)
    accuracies = {point.step: point.scores["accuracy"] for point in result.curve}
    assert result.losses[0] > 0.5
    assert accuracies[result.best_step] == max(accuracies.values()) > 0.95
    assert result.sequence_steps == 120 * 4 * 32


def test_a_seed_decides_everything() -> None:
    (model, first), (again, second), (_, other) = learn(GRU, 3), learn(GRU, 3), learn(GRU, 4)
    assert first.losses == second.losses
    assert [point.scores for point in first.curve] == [point.scores for point in second.curve]
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True))
    assert first.losses != other.losses


def test_only_as_many_batches_are_drawn_as_there_are_steps() -> None:
    drawn = []

    def xs() -> Iterator[float]:
        for x in islice(cycle([1.0]), 100):
            drawn.append(x)
            yield x

    descend([1.0] * 3, task=Descent(xs()))
    assert len(drawn) == 3
