"""What a trained model costs: the time of its passes, the memory of a training step, and the kernel behind it."""

from __future__ import annotations

import hashlib
import math
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from harness.modeling.bidirectional import Bidirectional
from harness.modeling.recurrence import Recurrence
from harness.training.clock import between, mark
from harness.training.timing.memory import peak_over_base
from harness.training.update import Update

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.modeling.assembly import AnyModel
    from harness.modeling.layer import Layer
    from harness.modeling.tensors import Tensors
    from harness.training.recipe import Recipe
    from harness.training.task import Task

LEAST, MOST = 7, 30
"""Repeats of a pass."""
PATIENCE = 0.5
"""Seconds that the repeats of all passes should take together, where they are short enough."""
FUSED = ("rnn", "lstm", "gru")
"""What the operators of torch are called that run a layer over time in one call."""


@dataclass(frozen=True)
class Spread:
    """Seconds for each time step of a sequence: the median of some repeats, and their quartiles."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, seconds: Sequence[float], steps: int) -> Spread:
        """That of some passes over so many time steps."""
        low, median, high = statistics.quantiles(seconds, n=4, method="inclusive")
        return cls(median / steps, low / steps, high / steps)


@dataclass(frozen=True)
class Cost:
    """What was measured of a model on a training batch.

    Attributes:
        forward: a forward pass that autograd records, with the loss.
        backward: the gradients of all parameters; no regulariser, no clipping, no optimiser.
        inference: a forward pass that it does not record, in evaluation mode; a model that writes reads the right
            symbols.
        repeats: of each.
        steps: time steps of all sequences of the batch.
        memory: bytes that a whole training step takes at its peak over what there was before, the optimiser's state
            included and the weights not: of the process's resident memory, or of torch's allocator on a GPU. None where
            the system does not tell.
        kernel: what ran the recurrent layers, more closely than the engine: the compiled code's hash, or the operators
            of torch that run a layer in one call.
    """

    forward: Spread
    backward: Spread
    inference: Spread
    repeats: int
    steps: int
    memory: int | None
    kernel: str


def measure(model: AnyModel, task: Task, recipe: Recipe, batch: Tensors, device: torch.device) -> Cost:
    """Measure a model on a training batch; its weights are afterwards what they were before.

    Memory is measured in the first step, with the engine's store of free memory emptied, times after that.
    """
    before = {name: value.detach().clone() for name, value in model.state_dict().items()}
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        try:
            memory = _memory(model, task, recipe, batch, device)
            seconds = _times(model, task, batch, device)
            ran = kernel(model)
        finally:
            model.load_state_dict(before)
            model.zero_grad()
            model.train()
    steps, repeats = model.steps(batch), len(seconds["forward"])
    spreads = {phase: Spread.of(values, steps) for phase, values in seconds.items()}
    return Cost(**spreads, repeats=repeats, steps=steps, memory=memory, kernel=ran)


def _memory(model: AnyModel, task: Task, recipe: Recipe, batch: Tensors, device: torch.device) -> int | None:
    def step() -> None:
        update = Update(model, recipe)
        with update.watch() as watched:
            outputs, _ = model(batch)
        update(task.loss(outputs, batch), watched)

    model.train()
    model.zero_grad()
    return peak_over_base(step, device)


def _times(model: AnyModel, task: Task, batch: Tensors, device: torch.device) -> dict[str, list[float]]:
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]

    def once() -> dict[str, float]:
        model.train()
        begun = mark(device)
        outputs, _ = model(batch)
        loss = task.loss(outputs, batch)
        halfway = mark(device)
        torch.autograd.grad(loss, parameters, allow_unused=True)
        ended = mark(device)
        del outputs, loss
        model.eval()
        with torch.no_grad():
            again = mark(device)
            model(batch)
            last = mark(device)
        return {
            "forward": between(begun, halfway),
            "backward": between(halfway, ended),
            "inference": between(again, last),
        }

    once()  # warms up
    taken = sum(once().values())
    repeats = min(MOST, max(LEAST, math.ceil(PATIENCE / max(taken, 1e-9))))
    rounds = [once() for _ in range(repeats)]
    return {phase: [one[phase] for one in rounds] for phase in rounds[0]}


def kernel(model: AnyModel) -> str:
    """What runs the recurrent layers of a model, each kind once."""
    found = (_kernel(layer) for layer in _one_way(model.recurrent))
    return ", ".join(dict.fromkeys(found))


def _kernel(layer: Layer) -> str:
    if isinstance(layer, Recurrence):
        choice = layer.choice()
        source: str | None = getattr(choice.kernel and choice.kernel.runner, "source", None)
        return f"{choice.engine} {hashlib.sha256(source.encode()).hexdigest()[:8]}" if source else choice.engine
    like = next(layer.parameters())
    with torch.no_grad(), _Operators() as operators:
        layer(like.new_zeros(2, 2, layer.input_size), layer.initial(2))
    fused = [name for name in operators.names if any(part in name for part in FUSED)]
    return ", ".join(fused) or "single operators"


def _one_way(layers: Sequence[Layer]) -> Iterator[Layer]:
    for layer in layers:
        yield from (layer.ahead, layer.back) if isinstance(layer, Bidirectional) else (layer,)


class _Operators(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch has no types for it
    """Notes which operators of torch are called."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.names: dict[str, None] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:  # noqa: ANN401
        self.names[func._schema.name.removeprefix("aten::")] = None  # noqa: SLF001 - torch's own way to name it
        return func(*args, **(kwargs or {}))
