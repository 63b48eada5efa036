"""One step of gradient descent, as a recipe says."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from torch.nn.utils import clip_grad_norm_
from torch.optim.lr_scheduler import LambdaLR

from harness.registry import chosen
from harness.training.optimisers import OPTIMISERS
from harness.training.regularisers import REGULARISERS
from harness.training.schedules import SCHEDULES

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from torch import Tensor

    from harness.modeling.assembly import AnyModel
    from harness.modeling.watch import Watched
    from harness.training.recipe import Recipe


def check(recipe: Recipe) -> None:
    """See that there is what a recipe names.

    Raises:
        HarnessError: there is no such optimiser, schedule or regulariser, or it does not take these options.
    """
    chosen("optimiser", recipe.optimiser, OPTIMISERS)
    chosen("schedule", recipe.schedule, SCHEDULES)
    chosen("regulariser", recipe.regulariser, REGULARISERS)


class Update:
    """Gradients, clipping, the optimiser and the schedule of its learning rate.

    Args:
        model: whose parameters change.
        recipe: says how.

    Raises:
        HarnessError: the recipe names an optimiser, schedule or regulariser that there is not.
    """

    def __init__(self, model: AnyModel, recipe: Recipe) -> None:
        self.clip = math.inf if recipe.clip is None else recipe.clip
        self._model = model
        self._regulariser = chosen("regulariser", recipe.regulariser, REGULARISERS)
        course = chosen("schedule", recipe.schedule, SCHEDULES)
        make = chosen("optimiser", recipe.optimiser, OPTIMISERS)
        self._optimiser = make(model.parameters(), recipe.learning_rate, recipe.weight_decay)
        self._schedule = LambdaLR(self._optimiser, lambda step: course.rate(step, recipe.steps))

    def watch(self) -> AbstractContextManager[list[Watched]]:
        """Around the forward pass: keeps of it what the regulariser needs."""
        return self._regulariser.watch(self._model)

    def __call__(self, loss: Tensor, watched: list[Watched]) -> Tensor:
        """Change the parameters; returns the norm of the gradient over all of them, before clipping."""
        self._optimiser.zero_grad()
        self._regulariser.backward(loss, watched)
        norm = clip_grad_norm_(self._model.parameters(), self.clip)
        self._optimiser.step()
        self._schedule.step()
        return norm
