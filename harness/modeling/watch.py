"""Watching recurrent layers step by step: what goes in and out of each, while gradients can still flow through it."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import torch

from harness.modeling.bidirectional import Bidirectional

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

    from torch import Tensor

    from harness.modeling.cell import States
    from harness.modeling.layer import Layer


@dataclass(frozen=True)
class Step:
    """One step of a layer: what it read (batch, features), and its states before and after."""

    x: Tensor
    before: States
    after: States

    @property
    def passing(self) -> States:
        """The states after it that errors flow through, which integers, such as a count of steps, are not."""
        return tuple(state for state in self.after if state.is_floating_point())


@dataclass
class Watched:
    """A layer and the steps that it made while it was watched."""

    layer: Layer
    forward: Callable[[Tensor, States], tuple[Tensor, States]]
    """The layer's own, which is not watched."""
    around: Callable[[Layer], AbstractContextManager[object]] = nullcontext
    """What else holds during a step."""
    steps: list[Step] = field(default_factory=list)


@contextmanager
def watching(
    layers: Iterable[Layer], around: Callable[[Layer], AbstractContextManager[object]] = nullcontext
) -> Iterator[list[Watched]]:
    """Run layers step by step while this lasts, whatever they are, and keep what each step did.

    A bidirectional layer is watched as the two that it consists of; one that keeps no state, or reads whole sequences
    only, has no steps.

    Args:
        layers: to be watched.
        around: gives a context that is entered for each step of a layer.
    """
    stepping = [layer for layer in one_way(layers) if layer.streams and layer.initial(1)]
    watched = [Watched(layer, layer.forward, around) for layer in stepping]
    with ExitStack() as stack:
        for one in watched:
            one.layer.forward = partial(_step_through, one)  # type: ignore[method-assign]
            stack.callback(one.layer.__dict__.pop, "forward")
        yield watched


def one_way(layers: Iterable[Layer]) -> list[Layer]:
    """The layers, and of each bidirectional one the two that it consists of."""
    parts = [(layer.ahead, layer.back) if isinstance(layer, Bidirectional) else (layer,) for layer in layers]
    return [one for part in parts for one in part]


def _step_through(watched: Watched, x: Tensor, states: States) -> tuple[Tensor, States]:
    outputs = []
    for x_t in torch.split(x, 1):  # (1, batch, features)
        before = states
        with watched.around(watched.layer):
            y, states = watched.forward(x_t, before)
        h = y.squeeze(0).requires_grad_()  # which it does not where all parameters are fixed, or there are none
        if states[0].shape == h.shape and torch.equal(h, states[0]):
            states = (h, *states[1:])  # one tensor, through which everything later depends on this step
        states = (states[0], *map(_own, states[1:]))
        watched.steps.append(Step(x_t.squeeze(0), before, states))
        outputs.append(h)
    return torch.stack(outputs), states


def _own(state: Tensor) -> Tensor:
    """The state as a variable of its own: its gradient leaves out the states that were made from it in the same step.

    An LSTM's h is made from its c: without this ∂E/∂c would hold ∂E/∂h a second time.
    """
    if not state.is_floating_point():
        return state
    return state.view_as(state).requires_grad_()  # which it does not by itself where it holds past inputs
