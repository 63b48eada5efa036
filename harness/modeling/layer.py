"""The contract of a layer: a whole sequence at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from torch import nn

from harness.modeling.cell import gate_matrices

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from harness.modeling.cell import Cell, States


class Layer(nn.Module):
    """A recurrent layer that takes a whole sequence at once: a fused kernel, or a parallel scan.

    A subclass implements `initial` and `forward`. Its constructor takes `input_size` and `hidden_size` and any options
    as keyword arguments with defaults.

    Attributes:
        output_size: the width of the outputs; `hidden_size` unless the constructor sets it otherwise.
    """

    predicts: ClassVar[bool] = False
    """Whether the outputs are the prediction itself, so that the model adds no readout; see `Cell.predicts`."""
    below: ClassVar[type[Cell] | None] = None
    """What stands below it in a stack of layers; its own class when None."""
    reference: str = ""
    """An implementation that it equals: "torch.nn.LSTM", or any module of torch.nn, Cell or Layer by its place. What
    `harness check` then compares needs `from_reference`."""
    streams: ClassVar[bool] = True
    """Whether the states it returns let a later call go on. A layer that does not is refused where states are carried
    or a sequence is written step by step."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.output_size = hidden_size

    def initial(self, batch: int) -> States:
        """The states before the first step, on the device and in the dtype of the parameters."""
        raise NotImplementedError

    def from_reference(self, theirs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """All parameters of this one by name, made of those of its reference; gradients flow through it.

        Args:
            theirs: the parameters of the reference, by name.
        """
        raise NotImplementedError(f"{type(self).__name__} names a reference: define from_reference(self, theirs)")

    def recurrent_matrices(self) -> dict[str, Tensor]:
        """Views of the square matrices that multiply the state, by name; by default those of its gates."""
        return gate_matrices(self)

    def forward(self, x: Tensor, states: States) -> tuple[Tensor, States]:
        """Run over time.

        Args:
            x: (time, batch, input_size).
            states: as `initial` gives them, or as the previous call returned them.

        Returns:
            The outputs (time, batch, output_size), of which output t depends on inputs up to t only, and the states
            after the last step.
        """
        raise NotImplementedError
