"""The minimal gated recurrent unit."""

import torch
from torch import Tensor

from harness_scratch.affine import affine
from harness_scratch.minimal import Minimal, g


class MinGRU(Minimal):
    """Minimal gated recurrent unit: its gate sees the input only, so all steps are computed in parallel.

        z = sigmoid(W_z x + b_z)
        h' = (1 - z) ⊙ h + z ⊙ g(W_h x + b_h)
        g(a) = a + 1/2 where a ≥ 0, sigmoid(a) elsewhere

    h starts at 1/2 and stays positive.

    Source: Feng, Tung, Ahmed, Bengio and Hajimirsadeghi 2024, Were RNNs all we needed?, arXiv:2410.01201.

    Args:
        input_size: the width of x.
        hidden_size: the width of h.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.linear_z = affine(input_size, hidden_size)
        self.linear_h = affine(input_size, hidden_size)

    def coefficients(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The share 1 - z of what was, and z times the candidate."""
        z = torch.sigmoid(self.linear_z(x))
        return 1 - z, z * g(self.linear_h(x))
