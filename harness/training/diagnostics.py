"""What a recurrent layer does to errors and to its gates, seen on one batch."""

from __future__ import annotations

import math
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from harness.modeling.watch import watching

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.modeling.assembly import AnyModel
    from harness.modeling.layer import Layer
    from harness.modeling.tensors import Tensors
    from harness.training.task import Task

SHUT, OPEN = 0.1, 0.9
"""A gate below the one or above the other is saturated (Karpathy, Johnson and Li 2015, section 4.2)."""
SIGMOIDS = frozenset({torch.sigmoid, Tensor.sigmoid, functional.sigmoid})


@dataclass(frozen=True)
class Diagnosis:
    """A model on one batch, at one moment.

    Attributes:
        step: of training.
        gradients: ‖∂L/∂h_t‖ for every t, of each recurrent layer, in the order in which it reads: h_t is all its states
            after step t joined (an LSTM's error flows through c as well), of all sequences of the batch; L is the
            training loss. Falling towards early steps, errors vanish; rising, they explode.
        gates: for each sigmoid that a layer takes in a step, the shares of its activations that are shut and open.
        radii: the spectral radius of each recurrent matrix: the largest absolute value of an eigenvalue.
    """

    step: int
    gradients: dict[str, list[float]]
    gates: dict[str, tuple[float, float]]
    radii: dict[str, float]


def diagnose(model: AnyModel, task: Task, batch: Tensors, step: int) -> Diagnosis:
    """Look at a model; nothing of it changes."""
    names = {id(module): name for name, module in model.named_modules()}
    gates = Gates()
    with torch.random.fork_rng(), watching(model.recurrent, gates.of) as watched:  # dropout draws nothing of the run's
        outputs, _ = model(batch)
    loss = task.loss(outputs, batch)
    states = [state for one in watched for step in one.steps for state in step.passing]
    found = iter(torch.autograd.grad(loss, states, materialize_grads=True) if states else ())
    gradients = {
        names[id(one.layer)]: [math.hypot(*(next(found).norm().item() for _ in step.passing)) for step in one.steps]
        for one in watched
    }
    radii = {
        f"{names[id(layer)]} {name}": spectral_radius(matrix)
        for layer in model.recurrent
        for name, matrix in layer.recurrent_matrices().items()
    }
    return Diagnosis(step, gradients, gates.shares(names), radii)


def spectral_radius(matrix: Tensor) -> float:
    """The largest absolute value of an eigenvalue; NaN where the matrix has no finite ones."""
    if not bool(matrix.isfinite().all()):
        return float("nan")
    return float(torch.linalg.eigvals(matrix.detach().cpu().double()).abs().max())


class Gates(TorchFunctionMode):
    """Listens to the sigmoids that layers take, and keeps their activations, which wait for the backward pass anyway.

    Counting them at the end is one operation, where counting at each step would cost as much as the step.
    """

    def __init__(self) -> None:
        super().__init__()
        self._layer: Layer | None = None
        self._calls = 0
        self._activations: dict[tuple[Layer, int], list[Tensor]] = defaultdict(list)

    @contextmanager
    def of(self, layer: Layer) -> Iterator[None]:
        """Listen to one step of a layer."""
        self._layer, self._calls = layer, 0
        with self:
            yield
        self._layer = None

    def __torch_function__(
        self,
        function: Any,  # noqa: ANN401
        types: Any,  # noqa: ANN401
        args: Any = (),  # noqa: ANN401
        kwargs: Any = None,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        """Call the function, and keep what a sigmoid gives."""
        result = function(*args, **(kwargs or {}))
        if function in SIGMOIDS and self._layer is not None:
            self._activations[self._layer, self._calls].append(result.detach())
            self._calls += 1
        return result

    def shares(self, names: dict[int, str]) -> dict[str, tuple[float, float]]:
        """Shut and open, as shares of all activations, by layer and number of the gate."""
        found: dict[str, tuple[float, float]] = {}
        numbers: dict[Layer, int] = defaultdict(int)
        for (layer, _), steps in self._activations.items():
            whole = torch.cat([step.reshape(-1, step.shape[-1] if step.dim() else 1) for step in steps])
            for gate in torch.split(whole, layer.hidden_size, dim=1):  # gates that are one product
                shut, opened = gate < SHUT, gate > OPEN
                name = f"{names[id(layer)]} gate {numbers[layer]}"
                found[name] = shut.double().mean().item(), opened.double().mean().item()
                numbers[layer] += 1
        return found
