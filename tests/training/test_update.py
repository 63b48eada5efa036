"""One step of gradient descent: what is added, then clipped, then taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
import torch
from torch import nn

from harness import Cell, HarnessError, Real, Recipe
from harness.data.batch import Batch
from harness.modeling.assembly import Architecture, build
from harness.modeling.tensors import Tensors
from harness.training.update import Update, check

if TYPE_CHECKING:
    from torch import Tensor

    from harness.modeling.assembly import AnyModel


class Weights(nn.Module):
    """Two weights at 0, whose gradient under `loss` is (3, 4), of norm 5."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Parameter(torch.zeros(()))
        self.b = nn.Parameter(torch.zeros(()))

    def loss(self) -> Tensor:
        return 3 * self.a + 4 * self.b


def recipe(**settings: Any) -> Recipe:
    fixed = {"steps": 10, "batch": 1, "learning_rate": 0.1, "parameters": 2, "optimiser": "sgd"}
    return Recipe(**{**fixed, **settings})


@pytest.mark.parametrize(
    ("clip", "expected"), [(1.0, (-0.06, -0.08)), (None, (-0.3, -0.4)), (1e-3, (-6e-5, -8e-5)), (5.1, (-0.3, -0.4))]
)
def test_the_step_is_along_the_clipped_gradient_and_the_norm_told_is_that_before(
    clip: float | None, expected: tuple[float, float]
) -> None:
    weights = Weights()
    norm = Update(cast("AnyModel", weights), recipe(clip=clip))(weights.loss(), [])
    assert norm.item() == 5.0
    assert (weights.a.item(), weights.b.item()) == pytest.approx(expected, rel=1e-5)


def test_a_huge_gradient_is_left_whole_without_clipping() -> None:
    weights = Weights()
    Update(cast("AnyModel", weights), recipe(clip=None))(1e15 * weights.loss(), [])
    assert weights.a.item() == pytest.approx(-3e14)


def test_gradients_of_the_step_before_are_gone_and_the_schedule_goes_on() -> None:
    weights = Weights()
    update = Update(cast("AnyModel", weights), recipe(clip=None, schedule="linear"))
    for _ in range(3):
        update(weights.loss(), [])
    assert weights.a.item() == pytest.approx(-0.3 * (1 + 0.9 + 0.8))


def test_weight_decay_is_added_after_clipping() -> None:
    weights = Weights()
    with torch.no_grad():
        weights.a.fill_(10.0)
    Update(cast("AnyModel", weights), recipe(clip=1.0, weight_decay=0.5))(weights.loss(), [])
    assert weights.a.item() == pytest.approx(10 - 0.1 * (0.6 + 5.0))


class Line(Cell):
    """h' = w h + x."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.w = nn.Parameter(torch.tensor([0.5]))

    def step(self, x: Tensor, h: Tensor) -> Tensor:
        return self.w * h + x


@pytest.mark.parametrize("clip", [None, 1.0, 7.0])
def test_the_threshold_is_for_the_sum_of_the_gradients_of_loss_and_omega(clip: float | None) -> None:
    # The states are 1 and 1.5, E = v h + c with v = 1: ∂E/∂w = 1, ∂E/∂v = 1.5, ∂E/∂c = 1.
    # Ω = 2 (|w| - 1)², so that alpha = 4 adds 4 · 4 (0.5 - 1) = -8 to ∂E/∂w: (-7, 1.5, 1).
    model = build(Line, {}, Architecture(Real(1), Real(1), "many to one"), 1, seed=0)
    model.load_state_dict(
        {
            "stack.layers.0.cell.w": torch.tensor([0.5]),
            "readout.weight": torch.ones(1, 1),
            "readout.bias": torch.zeros(1),
        }
    )
    update = Update(model, recipe(clip=clip, regulariser="pascanu:alpha=4"))
    x = np.ones((2, 1, 1), dtype=np.float32)
    with update.watch() as watched:
        outputs, _ = model(Tensors(Batch(x, x[0]), torch.device("cpu")))
    norm = update(outputs.sum(), watched)
    whole = (49 + 2.25 + 1) ** 0.5
    scale = 1 if clip is None else clip / whole
    assert norm.item() == pytest.approx(whole)
    moved = [parameter.grad.item() for parameter in model.parameters() if parameter.grad is not None]
    assert moved == pytest.approx([-7 * scale, 1.5 * scale, scale], rel=1e-5)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"optimiser": "sdg"}, 'there is no optimiser "sdg". Did you mean "sgd"?'),
        ({"schedule": "linaer"}, 'there is no schedule "linaer". Did you mean "linear"?'),
        ({"regulariser": "pascanu:aplha=1"}, 'regulariser "pascanu" has no option "aplha". Did you mean "alpha"?'),
    ],
)
def test_a_recipe_that_names_what_there_is_not_is_told_before_and_at_training(
    settings: dict[str, str], told: str
) -> None:
    for attempt in (check, lambda wrong: Update(cast("AnyModel", Weights()), wrong)):
        with pytest.raises(HarnessError) as error:
            attempt(recipe(**settings))
        assert told in str(error.value)


def test_what_a_recipe_may_name_passes() -> None:
    check(recipe(optimiser="adamw:beta2=0.95", schedule="cosine:share=0.5", regulariser="pascanu:form=code"))
