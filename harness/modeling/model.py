"""A model: encoded inputs, a stack of recurrent layers, a readout."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.modeling.cell import States
    from harness.modeling.layer import Layer


class OneHotEncoder(nn.Module):
    """Integers (time, batch) to unit vectors (time, batch, size)."""

    like: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.register_buffer("like", torch.empty(0), persistent=False)  # follows the model's dtype

    def forward(self, x: Tensor) -> Tensor:
        """Encode x (time, batch)."""
        return functional.one_hot(x, self.size).to(self.like.dtype)


class Model(nn.Module):
    """Input encoding, recurrent layers and readout.

    Args:
        encoder: inputs to vectors (time, batch, features).
        layers: each takes the outputs of the one below.
        readout: the topmost outputs to the task's outputs; the identity where the topmost cell predicts itself.
        many_to_one: whether the output is read once a sequence, at its last step, rather than at every step.
    """

    def __init__(self, encoder: nn.Module, layers: Sequence[Layer], readout: nn.Module, *, many_to_one: bool) -> None:
        super().__init__()
        self.encoder = encoder
        self.layers = nn.ModuleList(layers)
        self.readout = readout
        self.many_to_one = many_to_one

    def forward(
        self, inputs: Tensor, states: Sequence[States] | None = None, lengths: Tensor | None = None
    ) -> tuple[Tensor, list[States]]:
        """Run a batch.

        Args:
            inputs: (time, batch) integers or (time, batch, features) real values.
            states: of each layer, as the previous call returned them; initial ones when None.
            lengths: (batch), where sequences are shorter than `time`. What lies behind a sequence's end reaches no
                output that is read: layers are causal, and a many-to-one output is read at each sequence's own end.

        Returns:
            The outputs, (batch, out) when many to one and (time, batch, out) otherwise, and the states of each layer.
        """
        x = self.encoder(inputs)  # (time, batch, features)
        if states is None:
            states = [cast("Layer", layer).initial(x.shape[1]) for layer in self.layers]
        final = []
        for layer, layer_states in zip(self.layers, states, strict=True):
            x, after = layer(x, layer_states)  # (time, batch, hidden)
            final.append(after)
        if self.many_to_one:
            x = x[-1] if lengths is None else x[lengths - 1, torch.arange(x.shape[1], device=x.device)]
        return self.readout(x), final
