"""What is timed: a layer at a shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from harness.modeling.assembly import engines
from harness.modeling.recurrence import Recurrence
from harness.training.clock import between, mark
from harness.training.timing.candidate import enough_memory

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from torch import Tensor

    from harness.modeling.engine.select import Engine
    from harness.training.timing.candidate import Candidate
    from harness.training.timing.shape import Shape

WARM = 2
"""Steps and sequences of the first, small pass, which compiles what is to be compiled."""


class Subject:
    """A layer with what it reads.

    Its loss is a weighted sum of the outputs with fixed random weights, so that the backward pass starts from a
    gradient such as a readout gives, and nothing else is timed.

    Args:
        candidate: the cell.
        shape: of inputs and layer.
        engine: what runs the cell over time, if it is one step.
        dtype: of all numbers.
        device: where it computes.

    Attributes:
        engine: what runs it: "native", "torch", "loop", or "layer" where it is no cell.
        reason: why it is not the engine that was hoped for.

    Raises:
        HarnessError: it cannot be built or run like this.
    """

    def __init__(
        self, candidate: Candidate, shape: Shape, engine: Engine, dtype: torch.dtype, device: torch.device
    ) -> None:
        self.candidate, self.shape, self.device = candidate, shape, device
        self.layer = candidate.build(shape, engine).to(device, dtype)
        generator = torch.Generator().manual_seed(0)

        def random(width: int) -> Tensor:
            numbers = torch.randn(shape.time, shape.batch, width, generator=generator)
            return numbers.to(device, dtype)

        with self._enough_memory():
            self.x = random(shape.input).requires_grad_()
            self._weights = random(self.layer.output_size)
        self._sources = [self.x, *(p for p in self.layer.parameters() if p.requires_grad)]
        self.engine, self.reason = self._what_runs_it()

    def warm_up(self) -> None:
        """A small pass of each kind."""
        whole = self.x, self._weights
        self.x, self._weights = (tensor.detach()[:WARM, :WARM].clone() for tensor in whole)
        sources, self._sources = self._sources, [self.x.requires_grad_(), *self._sources[1:]]
        self.train()
        self.infer()
        (self.x, self._weights), self._sources = whole, sources

    def train(self) -> dict[str, float]:
        """The seconds of a forward pass that autograd records, of the gradients of parameters and of x, and of both.

        Raises:
            HarnessError: there is not enough memory.
        """
        self.layer.train()
        with self._enough_memory():
            begun = mark(self.device)
            outputs, _ = self.layer(self.x, self.layer.initial(self.x.shape[1]))
            halfway = mark(self.device)
            torch.autograd.grad(outputs, self._sources, self._weights, allow_unused=True)
            ended = mark(self.device)
        forward, backward = between(begun, halfway), between(halfway, ended)
        return {"training": between(begun, ended), "forward": forward, "backward": backward}

    def infer(self) -> dict[str, float]:
        """The seconds of a pass that autograd does not record."""
        self.layer.eval()
        with torch.no_grad():
            begun = mark(self.device)
            self.layer(self.x, self.layer.initial(self.x.shape[1]))
            return {"inference": between(begun, mark(self.device))}

    def _what_runs_it(self) -> tuple[str, str]:
        engine, _, reason = engines(self.layer).partition(": ")
        if self.shape.time == 1 and isinstance(self.layer, Recurrence):
            return "loop", "a single time step costs more to prepare than to do"
        return engine, reason

    def _enough_memory(self) -> AbstractContextManager[None]:
        return enough_memory(f"{self.candidate.label} at {self.shape}")
