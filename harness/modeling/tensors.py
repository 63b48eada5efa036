"""A batch on a device."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

    from harness.data.batch import Batch
    from harness.modeling.cell import States


class Tensors:
    """A batch as tensors on a device; see `Batch` for the shapes."""

    def __init__(self, batch: Batch, device: torch.device) -> None:
        def move(array: object) -> Tensor:
            tensor = torch.as_tensor(array)
            if device.type == "cuda":  # page-locked memory lets the copy run beside the computation
                return tensor.pin_memory().to(device, non_blocking=True)
            return tensor

        self.inputs = move(batch.inputs)
        self.targets = move(batch.targets)
        self.lengths = None if batch.lengths is None else move(batch.lengths)
        self.target_lengths = None if batch.target_lengths is None else move(batch.target_lengths)
        self.carry = batch.carry
        whole = batch.inputs.shape[0] * batch.inputs.shape[1]
        self.input_steps = whole if batch.lengths is None else int(batch.lengths.sum())
        """Time steps of all input sequences, padding left out."""
        self.target_steps = 0 if batch.target_lengths is None else int(batch.target_lengths.sum())
        """Likewise of targets that have a length of their own."""


def detach(states: list[States] | None) -> list[States] | None:
    """The same states, cut off from the graph that made them: where truncated backpropagation stops."""
    return states and [tuple(state.detach() for state in layer) for layer in states]
