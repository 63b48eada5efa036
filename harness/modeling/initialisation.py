"""Initial weights other than a cell's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import torch
from annotated_types import Gt
from torch import nn

from harness.registry import chosen

if TYPE_CHECKING:
    from harness.modeling.assembly import AnyModel


def initialise(model: AnyModel, name: str) -> None:
    """Give a model the initial weights that a recipe names.

    Raises:
        HarnessError: there are none of that name.
    """
    with torch.no_grad():
        chosen("init", name, INITIALISATIONS)(model)


@dataclass(frozen=True)
class Own:
    """What the cell, the embedding and the readout start with by themselves."""

    def __call__(self, model: AnyModel) -> None:
        """Change nothing."""


@dataclass(frozen=True)
class Orthogonal:
    """Recurrent matrices start orthogonal (Saxe, McClelland and Ganguli 2014), the rest as it does."""

    def __call__(self, model: AnyModel) -> None:
        """Draw anew the recurrent matrices of every layer."""
        for layer in model.recurrent:
            for matrix in layer.recurrent_matrices().values():
                matrix.copy_(nn.init.orthogonal_(torch.empty_like(matrix)))


@dataclass(frozen=True)
class Uniform:
    """All weights of the model start uniform between two bounds (Karpathy, Johnson and Li 2015: 0.08)."""

    bound: Annotated[float, Gt(0)] = 0.08

    def __call__(self, model: AnyModel) -> None:
        """Draw anew all parameters, biases and embeddings included."""
        for parameter in model.parameters():
            nn.init.uniform_(parameter, -self.bound, self.bound)


@dataclass(frozen=True)
class Torch:
    """Recurrent layers start as torch.nn's do: all weights uniform within 1/√hidden_size."""

    def __call__(self, model: AnyModel) -> None:
        """Draw anew all parameters of every recurrent layer."""
        for layer in model.recurrent:
            for parameter in layer.parameters():
                nn.init.uniform_(parameter, -(layer.hidden_size**-0.5), layer.hidden_size**-0.5)


Initialisation = Own | Orthogonal | Uniform | Torch
INITIALISATIONS: dict[str, type[Initialisation]] = {
    "cell": Own,
    "orthogonal": Orthogonal,
    "uniform": Uniform,
    "torch": Torch,
}
