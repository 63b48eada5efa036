"""The recipe: how a task trains every cell."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

Budget = Literal["smoke", "quick", "full"]


@dataclass(frozen=True)
class Recipe:
    """How to train, the same for all cells.

    Attributes:
        steps: optimiser steps.
        batch: sequences a step.
        learning_rate: Adam's (Kingma and Ba 2015), at its default moments 0.9 and 0.999.
        parameters: the size that cells are compared at unless the user says otherwise: all trainable parameters.
        schedule: "constant", or "cosine" from the learning rate to zero over the run (Loshchilov and Hutter 2017).
        clip: the threshold c of gradient clipping by global norm (Pascanu, Mikolov and Bengio 2013, algorithm 1).
        evaluations: how often the validation set is read, at equal distances, the last step included.
        layers: how many recurrent layers.
    """

    steps: int
    batch: int
    learning_rate: float
    parameters: int
    schedule: Literal["constant", "cosine"] = "constant"
    clip: float = 1.0
    evaluations: int = 10
    layers: int = 1

    def evaluation_steps(self) -> set[int]:
        """The steps after which the validation set is read."""
        points = min(self.evaluations, self.steps)
        return {round(self.steps * (point + 1) / points) for point in range(points)}

    def as_dict(self) -> dict[str, object]:
        """All fields, for hashing and storing."""
        return asdict(self)
