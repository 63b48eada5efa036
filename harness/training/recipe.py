"""The recipe: how a task trains every cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Budget = Literal["smoke", "quick", "full"]


@dataclass(frozen=True)
class Recipe:
    """How to train, the same for all cells.

    Attributes:
        steps: optimiser steps.
        batch: sequences a step.
        learning_rate: of Adam (Kingma and Ba 2015).
        parameters: the size that cells are compared at unless the user says otherwise: all trainable parameters.
        decay: the share of the run, at its end, over which the learning rate falls linearly to zero; before, it is
            constant.
        beta1: Adam's memory of gradients.
        beta2: Adam's memory of squared gradients.
        clip: the threshold c of gradient clipping by global norm (Pascanu, Mikolov and Bengio 2013, algorithm 1).
        evaluations: how often the validation set is read, at equal distances, the last step included.
        layers: how many recurrent layers.
    """

    steps: int
    batch: int
    learning_rate: float
    parameters: int
    decay: float = 0.0
    beta1: float = 0.9
    beta2: float = 0.999
    clip: float = 1.0
    evaluations: int = 10
    layers: int = 1

    def evaluation_steps(self) -> set[int]:
        """The steps after which the validation set is read."""
        points = min(self.evaluations, self.steps)
        return {round(self.steps * (point + 1) / points) for point in range(points)}

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 0, as a share of the recipe's."""
        left = self.steps - step
        return min(1.0, left / (self.decay * self.steps)) if self.decay else 1.0
