"""A cell under test: built small, in the precision and with the weights that a check needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch

from harness.modeling.assembly import Architecture, build
from harness.modeling.encoding import Classes, Real
from harness.modeling.recurrence import Recurrence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from harness.modeling.cell import Cell, CellClass, States
    from harness.modeling.engine.select import Engine
    from harness.modeling.layer import Layer

INPUT, HIDDEN, CLASSES = 3, 8, 4
SHAKE = 0.1
"""How far weights are moved from where they start, since a bias of zero hides what it does."""


@dataclass(frozen=True)
class Subject:
    """A cell or layer with its options.

    Attributes:
        cell: a subclass of harness.Cell or harness.Layer.
        options: of its constructor, as values.
        name: what it is called.
    """

    cell: CellClass
    options: Mapping[str, object] = field(default_factory=dict)
    name: str = ""

    def layer(self, seed: int = 0, engine: Engine = "loop") -> Layer:
        """The layer as a model has it, in single precision, evaluating; a cell runs in the plain loop unless told."""
        shape = Architecture(Real(INPUT), Classes(CLASSES), "many to many", engine=engine)
        return build(self.cell, self.options, shape, HIDDEN, seed).recurrent[0].eval()

    def double(self, seed: int = 0, engine: Engine = "loop") -> Layer:
        """The same in double precision, with all weights moved."""
        layer = self.layer(seed, engine).double()
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for parameter in layer.parameters():
                noise = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
                parameter.add_(SHAKE * noise.to(parameter))
        return layer

    def cell_of(self, layer: Layer) -> Cell | None:
        """The cell that a layer runs; None where it is a whole-sequence layer."""
        return layer.cell if isinstance(layer, Recurrence) else None


def rounds(layer: Layer) -> bool:
    """Whether a layer computes in single precision although it was made double: then a tiny change is lost in it."""
    x = inputs(4, 3)
    return torch.equal(run(layer, x)[0], run(layer, x * (1 + 1e-11))[0])


def inputs(time: int, batch: int, dtype: torch.dtype = torch.float64, seed: int = 1) -> Tensor:
    """Random inputs (time, batch, INPUT)."""
    return torch.randn(time, batch, INPUT, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


def run(layer: Layer, x: Tensor, states: States | None = None) -> tuple[Tensor, States]:
    """The outputs and the states after x (time, batch, INPUT), from the beginning unless states are given."""
    outputs, final = layer(x, layer.initial(x.shape[1]) if states is None else states)
    return outputs, tuple(final)
