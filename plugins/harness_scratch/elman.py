"""The Elman network, which is the vanilla recurrent network."""

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor, nn

from harness import Cell, Gate

ACTIVATIONS = {"tanh": torch.tanh, "relu": torch.relu, "sigmoid": torch.sigmoid}


class Elman(Cell):
    """Vanilla recurrent network: the hidden layer sees its own previous values.

        h_t = g(W x_t + U h_{t-1} + b)

    Elman's g is the logistic function; tanh is what the name has come to mean. `activation=relu:init=identity` is the
    IRNN of Le, Jaitly and Hinton 2015, arXiv:1504.00941.

    Source: Elman 1990, Finding structure in time, Cognitive Science 14(2).

    Args:
        input_size: the width of x.
        hidden_size: the width of h.
        activation: g.
        init: "orthogonal", as every gate starts, or "identity", the IRNN's: U = I, b = 0 and W from N(0, 0.001²).
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        activation: Literal["tanh", "relu", "sigmoid"] = "tanh",
        init: Literal["orthogonal", "identity"] = "orthogonal",
    ) -> None:
        super().__init__(input_size, hidden_size)
        self.hidden = Gate(input_size, hidden_size)
        self.activation = ACTIVATIONS[activation]
        self.reference = "torch.nn.RNN" if activation == "tanh" else ""
        if init == "identity":
            nn.init.normal_(self.hidden.input, std=0.001)
            nn.init.eye_(self.hidden.recurrent)

    def step(self, x: Tensor, h: Tensor) -> Tensor:
        """From x (batch, input_size) and h (batch, hidden_size) to the new h."""
        return self.activation(self.hidden(x, h))

    def from_reference(self, theirs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """torch.nn has its matrices transposed, and two biases that are added."""
        return {
            "hidden.input": theirs["weight_ih_l0"].t(),
            "hidden.recurrent": theirs["weight_hh_l0"].t(),
            "hidden.bias": theirs["bias_ih_l0"] + theirs["bias_hh_l0"],
        }
