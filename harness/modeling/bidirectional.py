"""Both directions of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from harness.modeling.layer import Layer
from harness.modeling.lengths import at_ends, reverse

if TYPE_CHECKING:
    from torch import Tensor

    from harness.modeling.cell import States


class Bidirectional(Layer):
    """Two layers, of which one reads each sequence from its own end; their outputs are joined.

    Source: Schuster and Paliwal 1997, Bidirectional recurrent neural networks.

    Args:
        ahead: reads from the beginning.
        back: reads from the end.
    """

    streams = False

    def __init__(self, ahead: Layer, back: Layer) -> None:
        super().__init__(ahead.input_size, ahead.hidden_size)
        self.ahead = ahead
        self.back = back
        self.output_size = ahead.output_size + back.output_size

    def initial(self, batch: int) -> States:
        """Those of the one, then those of the other."""
        return self.ahead.initial(batch) + self.back.initial(batch)

    def recurrent_matrices(self) -> dict[str, Tensor]:
        """Those of both."""
        both = (("ahead", self.ahead), ("back", self.back))
        return {f"{way} {name}": u for way, layer in both for name, u in layer.recurrent_matrices().items()}

    def forward(self, x: Tensor, states: States, lengths: Tensor | None = None) -> tuple[Tensor, States]:
        """Run over x (time, batch, input_size), whose sequences have their own lengths (batch)."""
        count = len(states) // 2
        ahead, after = self.ahead(x, states[:count])
        back, before = self.back(reverse(x, lengths), states[count:])
        return torch.cat([ahead, reverse(back, lengths)], dim=2), after + before

    def summary(self, outputs: Tensor, lengths: Tensor | None) -> Tensor:
        """What each direction says after its last step, (batch, output_size); the second one's is the first in time."""
        width = self.ahead.output_size
        return torch.cat([at_ends(outputs, lengths)[:, :width], outputs[0, :, width:]], dim=1)
