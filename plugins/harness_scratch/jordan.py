"""The Jordan network."""

import torch
from torch import Tensor, nn

from harness import Cell, States
from harness_scratch.elman import Elman


class Jordan(Cell):
    """Feeds back its own output.

        h_t = tanh(W x_t + U y_{t-1} + b)
        z_t = V h_t + c
        y_t = g₂(z_t)

    The first state is z, since losses are computed from the values before g₂ (logits); what is fed back is y. All that
    it remembers has to pass through y, so an output of width 1 leaves it a memory of one number. In a stack it stands
    on top, above Elman layers.

    This is the network without the state units that average over past outputs (Jordan's μ = 0).

    Source: Jordan 1986, Serial order: a parallel distributed processing approach, ICS report 8604.

    Args:
        input_size: the width of x.
        hidden_size: the width of h, which is no state: it is made anew at each step.
        output_size: the width of z and y: the task's.
        output_activation: g₂, the task's: softmax for classes, the identity for real values.
    """

    states = ("z", "y")
    predicts = True
    below = Elman

    def __init__(self, input_size: int, hidden_size: int, output_size: int, output_activation: nn.Module) -> None:
        super().__init__(input_size, hidden_size)
        self.output_size = output_size
        self.input = nn.Linear(input_size, hidden_size)  # W, b
        self.feedback = nn.Linear(output_size, hidden_size, bias=False)  # U
        self.output = nn.Linear(hidden_size, output_size)  # V, c
        self.output_activation = output_activation
        nn.init.xavier_uniform_(self.input.weight)  # W, U and b start as those of a Gate
        nn.init.orthogonal_(self.feedback.weight)
        nn.init.zeros_(self.input.bias)

    def initial(self, batch: int) -> States:
        """Zeros (batch, output_size) for z and for y."""
        z = self.output.bias.new_zeros(batch, self.output_size)
        return z, z.clone()

    def step(self, x: Tensor, _z: Tensor, y: Tensor) -> States:
        """From x (batch, input_size) and y (batch, output_size) to the new z and y."""
        h = torch.tanh(self.input(x) + self.feedback(y))
        z = self.output(h)
        return z, self.output_activation(z)
