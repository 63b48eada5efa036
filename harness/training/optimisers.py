"""The optimisers that a recipe can name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import torch
from annotated_types import Ge, Gt, Lt

from harness.errors import HarnessError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import Tensor

Memory = Annotated[float, Ge(0), Lt(1)]


@dataclass(frozen=True)
class Adam:
    """Adam (Kingma and Ba 2015); weight decay is added to the gradient."""

    beta1: Memory = 0.9
    beta2: Memory = 0.999

    def __call__(self, parameters: Iterable[Tensor], rate: float, decay: float) -> torch.optim.Optimizer:
        """Over these parameters at a learning rate, with weight decay."""
        return torch.optim.Adam(parameters, rate, betas=(self.beta1, self.beta2), weight_decay=decay)


@dataclass(frozen=True)
class AdamW:
    """Adam with weight decay apart from the gradient (Loshchilov and Hutter 2019)."""

    beta1: Memory = 0.9
    beta2: Memory = 0.999

    def __call__(self, parameters: Iterable[Tensor], rate: float, decay: float) -> torch.optim.Optimizer:
        """Over these parameters at a learning rate, with weight decay."""
        return torch.optim.AdamW(parameters, rate, betas=(self.beta1, self.beta2), weight_decay=decay)


@dataclass(frozen=True)
class RMSprop:
    """RMSprop (Tieleman and Hinton 2012)."""

    alpha: Memory = 0.99
    epsilon: Annotated[float, Gt(0)] = 1e-8
    momentum: Memory = 0.0

    def __call__(self, parameters: Iterable[Tensor], rate: float, decay: float) -> torch.optim.Optimizer:
        """Over these parameters at a learning rate, with weight decay."""
        return torch.optim.RMSprop(parameters, rate, self.alpha, self.epsilon, decay, self.momentum)


@dataclass(frozen=True)
class SGD:
    """Stochastic gradient descent, with momentum if asked (Polyak 1964; Nesterov 1983).

    Raises:
        HarnessError: Nesterov's momentum is asked for without a momentum.
    """

    momentum: Memory = 0.0
    nesterov: bool = False

    def __post_init__(self) -> None:
        if self.nesterov and not self.momentum:
            raise HarnessError("sgd: nesterov=true needs a momentum: write sgd:momentum=0.9:nesterov=true.")

    def __call__(self, parameters: Iterable[Tensor], rate: float, decay: float) -> torch.optim.Optimizer:
        """Over these parameters at a learning rate, with weight decay."""
        return torch.optim.SGD(parameters, rate, self.momentum, weight_decay=decay, nesterov=self.nesterov)


Optimiser = Adam | AdamW | RMSprop | SGD
OPTIMISERS: dict[str, type[Optimiser]] = {"adam": Adam, "adamw": AdamW, "rmsprop": RMSprop, "sgd": SGD}
