"""What runs the programs of a plan: compiled code, or torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    from harness.modeling.engine.running.evaluate import Product


class Runner(Protocol):
    """Runs the programs of a plan."""

    name: str
    prepares: bool
    """Whether it makes affine maps of the input, and adds up the gradients of their biases, in the loop over time."""

    def threads(self, rows: int) -> int:
        """How many add up vectors of their own."""

    @property
    def product(self) -> Product:
        """Its matrix products."""

    def bind(self, name: str, buffers: Mapping[str, Tensor], rows: int) -> Callable[[int, int], None]:
        """One of the programs, to be called with the first step and the step after the last."""
