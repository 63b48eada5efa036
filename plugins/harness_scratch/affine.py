"""Affine maps that see no state."""

from torch import nn


def affine(input_size: int, output_size: int) -> nn.Linear:
    """W x + b, which starts as the input part of a Gate: W uniform (Glorot and Bengio 2010), b zero."""
    linear = nn.Linear(input_size, output_size)
    nn.init.xavier_uniform_(linear.weight)
    nn.init.zeros_(linear.bias)
    return linear
