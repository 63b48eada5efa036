"""What the minimal recurrent layers share: gates that see no state, and a sequence computed at once."""

import torch
from torch import Tensor

from harness import Layer, States
from harness_scratch.scan import scan


class Minimal(Layer):
    """A layer whose state is h_t = a_t ⊙ h_{t-1} + b_t, where a_t and b_t depend on x_t alone.

    It starts from h_0 = g(0) = 1/2, since the scan of the paper takes an initial state, like each candidate, through g.

    The paper scans sums of logarithms, which lose digits as they grow: over 5000 steps of a fresh minGRU in single
    precision, states are off by less than a thousandth, but the gradient of the gate's weights by 4 % and that of its
    bias by 79 % of their largest element. The scan here is as exact as the loop (measured by benchmarks/scan.py).

    Source: Feng, Tung, Ahmed, Bengio and Hajimirsadeghi 2024, Were RNNs all we needed?, arXiv:2410.01201.
    """

    def coefficients(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The a and b (time, batch, hidden_size) of x (time, batch, input_size)."""
        raise NotImplementedError

    def initial(self, batch: int) -> States:
        """One half everywhere, (batch, hidden_size)."""
        return (next(self.parameters()).new_full((batch, self.hidden_size), 0.5),)

    def forward(self, x: Tensor, states: States) -> tuple[Tensor, States]:
        """Run over x (time, batch, input_size); the outputs are the states after each step."""
        h = scan(*self.coefficients(x), *states)
        return h, (h[-1],)


def g(a: Tensor) -> Tensor:
    """What makes candidates positive: a + 1/2 where a is not negative, sigmoid(a) elsewhere."""
    return torch.where(a >= 0, a + 0.5, torch.sigmoid(a))
