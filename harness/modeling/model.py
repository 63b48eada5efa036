"""A model: encoded inputs, a stack of recurrent layers, a readout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from harness.modeling.onehot import one_hot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.modeling.cell import States
    from harness.modeling.layer import Layer
    from harness.modeling.stack import Stack
    from harness.modeling.tensors import Tensors


class OneHotEncoder(nn.Module):
    """Integers (time, batch) to unit vectors (time, batch, size)."""

    like: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.register_buffer("like", torch.empty(0), persistent=False)  # follows the model's dtype

    def forward(self, x: Tensor) -> Tensor:
        """Encode x (time, batch)."""
        return one_hot(x, self.size, self.like.dtype)


class Model(nn.Module):
    """Input encoding, recurrent layers and readout: an output at every step, or one at the end.

    Args:
        encoder: inputs to vectors (time, batch, features).
        stack: the recurrent layers.
        readout: the topmost outputs to the task's outputs; the identity where the topmost cell predicts itself.
        many_to_one: whether the output is read once a sequence, after its last step, rather than at every step.
    """

    def __init__(self, encoder: nn.Module, stack: Stack, readout: nn.Module, *, many_to_one: bool) -> None:
        super().__init__()
        self.encoder = encoder
        self.stack = stack
        self.readout = readout
        self.many_to_one = many_to_one

    @property
    def recurrent(self) -> list[Layer]:
        """All recurrent layers."""
        return list(self.stack)

    def forward(self, batch: Tensors, states: Sequence[States] | None = None) -> tuple[Tensor, list[States]]:
        """Run a batch.

        What lies behind a sequence's end reaches no output that is read: layers are causal or know the lengths, and a
        many-to-one output is read at each sequence's own end.

        Args:
            batch: its inputs are (time, batch) integers or (time, batch, features) real values.
            states: of each layer, as the previous call returned them; initial ones when None.

        Returns:
            The outputs, (batch, out) when many to one and (time, batch, out) otherwise, and the states of each layer.
        """
        x = self.encoder(batch.inputs)  # (time, batch, features)
        outputs, final = self.stack(x, states, batch.lengths)  # (time, batch, hidden)
        if self.many_to_one:
            outputs = self.stack.summary(outputs, batch.lengths)  # (batch, hidden)
        return self.readout(outputs), final

    def answer(self, batch: Tensors, states: Sequence[States] | None = None) -> tuple[Any, list[States]]:
        """What is scored: here the outputs themselves."""
        return self(batch, states)  # type: ignore[no-any-return]  # torch's modules are called untyped

    def steps(self, batch: Tensors) -> int:
        """Time steps of sequences in a batch."""
        return batch.input_steps
