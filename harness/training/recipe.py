"""The recipe: how a task trains every cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Lt

Budget = Literal["smoke", "quick", "full"]
Positive = Annotated[float, Gt(0)]
Count = Annotated[int, Ge(1)]


@dataclass(frozen=True)
class Recipe:
    """How to train, the same for all cells.

    What is a name may have options, as a cell's: `optimiser="sgd:momentum=0.9"`.

    Attributes:
        steps: optimiser steps.
        batch: sequences a step.
        learning_rate: of the optimiser, before the schedule.
        parameters: the size that cells are compared at unless the user says otherwise: all trainable parameters.
        hidden_size: compares cells at this hidden size instead.
        layers: how many recurrent layers.
        bidirectional: whether each layer also reads its sequence from the end.
        dropout: the share of a layer's outputs that training leaves out, below the layer above or the readout.
        init: initial weights: the "cell"'s own, "orthogonal" recurrent matrices, "uniform:bound=0.08" or "torch"'s.
        optimiser: adam, adamw, rmsprop or sgd, each with its options.
        weight_decay: of the optimiser.
        schedule: of the learning rate: constant, linear, cosine or step.
        clip: the threshold c of gradient clipping by global norm (Pascanu, Mikolov and Bengio 2013, algorithm 1); no
            clipping when None.
        regulariser: "none" or "pascanu:alpha=2".
        evaluations: how often the validation set is read, at equal distances, the last step included.
    """

    steps: Count
    batch: Count
    learning_rate: Positive
    parameters: Count
    hidden_size: Count | None = None
    layers: Count = 1
    bidirectional: bool = False
    dropout: Annotated[float, Ge(0), Lt(1)] = 0.0
    init: str = "cell"
    optimiser: str = "adam"
    weight_decay: Annotated[float, Ge(0)] = 0.0
    schedule: str = "constant"
    clip: Positive | None = 1.0
    regulariser: str = "none"
    evaluations: Count = 10

    def evaluation_steps(self) -> set[int]:
        """The steps after which the validation set is read."""
        points = min(self.evaluations, self.steps)
        return {round(self.steps * (point + 1) / points) for point in range(points)}
