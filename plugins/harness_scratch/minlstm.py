"""The minimal long short-term memory."""

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from harness_scratch.affine import affine
from harness_scratch.minimal import Minimal, g


class MinLSTM(Minimal):
    """Minimal long short-term memory: its gates see the input only, so all steps are computed in parallel.

        f = sigmoid(W_f x + b_f)
        i = sigmoid(W_i x + b_i)
        h' = f / (f + i) ⊙ h + i / (f + i) ⊙ g(W_h x + b_h)
        g(a) = a + 1/2 where a ≥ 0, sigmoid(a) elsewhere

    The gates share out one between them, so that the scale of h does not depend on the length of a sequence. h starts
    at 1/2 and stays positive.

    Source: Feng, Tung, Ahmed, Bengio and Hajimirsadeghi 2024, Were RNNs all we needed?, arXiv:2410.01201.

    Args:
        input_size: the width of x.
        hidden_size: the width of h.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.linear_f = affine(input_size, hidden_size)
        self.linear_i = affine(input_size, hidden_size)
        self.linear_h = affine(input_size, hidden_size)

    def coefficients(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The share f / (f + i) of what was, and i / (f + i) times the candidate."""
        f = torch.sigmoid(logsigmoid(self.linear_f(x)) - logsigmoid(self.linear_i(x)))  # f / (f + i), but never 0 / 0
        return f, (1 - f) * g(self.linear_h(x))
