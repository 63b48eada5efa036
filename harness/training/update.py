"""One step of gradient descent, as a recipe says."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from torch import Tensor
from torch.nn.utils import clip_grad_norm_
from torch.optim.lr_scheduler import LambdaLR

from harness.registry import chosen
from harness.training.optimisers import OPTIMISERS
from harness.training.regularisers import REGULARISERS
from harness.training.schedules import SCHEDULES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

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

    def tensors(self) -> dict[str, Tensor]:
        """What the optimiser remembers of each parameter, by the parameter's number and a name."""
        return {f"{number}/{name}": entry for number, name, entry in self._memory() if isinstance(entry, Tensor)}

    def values(self) -> dict[str, Any]:
        """The rest of its memory, the learning rates, and how far the schedule is."""
        others = [[number, name, entry] for number, name, entry in self._memory() if not isinstance(entry, Tensor)]
        rates = [group["lr"] for group in self._optimiser.param_groups]
        return {"others": others, "rates": rates, "step": self._schedule.last_epoch}

    def restore(self, tensors: Mapping[str, Tensor], values: Mapping[str, Any]) -> None:
        """Be as when these were given."""
        memory: dict[int, dict[str, Any]] = {}
        for place, tensor in tensors.items():
            number, name = place.split("/")
            memory.setdefault(int(number), {})[name] = tensor
        for number, name, entry in values["others"]:
            memory.setdefault(number, {})[name] = entry
        self._optimiser.load_state_dict({**self._optimiser.state_dict(), "state": memory})
        for group, rate in zip(self._optimiser.param_groups, values["rates"], strict=True):
            group["lr"] = rate
        self._schedule.load_state_dict(
            {"last_epoch": values["step"], "_last_lr": values["rates"], "lr_lambdas": [None]}
        )

    def _memory(self) -> list[tuple[int, str, Any]]:
        state = self._optimiser.state_dict()["state"]
        return [(number, name, entry) for number, entries in state.items() for name, entry in entries.items()]
