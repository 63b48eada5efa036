"""Recurrent layers, one above the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from torch import nn

from harness.errors import NotSupportedError
from harness.modeling.bidirectional import Bidirectional
from harness.modeling.lengths import at_ends, run_to_ends

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import Tensor

    from harness.modeling.cell import States
    from harness.modeling.layer import Layer


class Stack(nn.Module):
    """Layers of which each reads the outputs of the one below.

    Args:
        layers: from the bottom to the top.
        dropout: the share of each layer's outputs that training leaves out (Zaremba, Sutskever and Vinyals 2014: not
            between the steps of a layer); a topmost layer that makes the prediction itself is left whole.
    """

    def __init__(self, layers: Sequence[Layer], dropout: float = 0.0) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.dropout = nn.Dropout(dropout)

    def __iter__(self) -> Iterator[Layer]:
        return (cast("Layer", layer) for layer in self.layers)

    @property
    def top(self) -> Layer:
        """The topmost layer."""
        return cast("Layer", self.layers[-1])

    def initial(self, batch: int) -> list[States]:
        """The states of each layer before the first step."""
        return [layer.initial(batch) for layer in self]

    def forward(
        self, x: Tensor, states: Sequence[States] | None = None, lengths: Tensor | None = None
    ) -> tuple[Tensor, list[States]]:
        """Run over x (time, batch, features).

        Args:
            x: what the bottom layer reads.
            states: of each layer, as an earlier call returned them; initial ones when None.
            lengths: (batch), of sequences that are padded; what lies behind a sequence's end reaches no output before.

        Returns:
            The topmost outputs (time, batch, output_size), and the states of each layer after the last step.

        Raises:
            NotSupportedError: states are to be carried, and a layer cannot.
        """
        if states is not None:
            self.check_streams("states are carried from one piece of a sequence to the next")
        final = []
        for layer, before in zip(self, states or self.initial(x.shape[1]), strict=True):
            x, after = layer(x, before, lengths) if isinstance(layer, Bidirectional) else layer(x, before)
            x = self._dropped(x, layer)
            final.append(after)
        return x, final

    def states_at_ends(self, x: Tensor, lengths: Tensor | None) -> list[States]:
        """The states of each layer at each sequence's own end, for x (time, batch, features) with lengths (batch)."""
        final = []
        for layer, before in zip(self, self.initial(x.shape[1]), strict=True):
            x, after = run_to_ends(layer, x, before, lengths)
            x = self._dropped(x, layer)
            final.append(after)
        return final

    def summary(self, outputs: Tensor, lengths: Tensor | None) -> Tensor:
        """What the top layer says of each sequence after reading all of it: (batch, output_size)."""
        top = self.top
        return top.summary(outputs, lengths) if isinstance(top, Bidirectional) else at_ends(outputs, lengths)

    def check_streams(self, need: str) -> None:
        """Refuse layers that must see a whole sequence at once.

        Raises:
            NotSupportedError: there is one.
        """
        if not all(layer.streams for layer in self):
            raise NotSupportedError(f"it reads whole sequences only, and here {need}")

    def _dropped(self, x: Tensor, layer: Layer) -> Tensor:
        whole = getattr(layer, "cell", layer).predicts
        return x if whole else cast("Tensor", self.dropout(x))
