"""A model's weights as data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from safetensors import SafetensorError
from safetensors.torch import load, save

from harness.errors import HarnessError

if TYPE_CHECKING:
    from torch import nn


def pack(model: nn.Module) -> bytes:
    """The weights and buffers of a model in the safetensors format; weights that are shared come twice."""
    return save({name: value.detach().cpu().clone().contiguous() for name, value in model.state_dict().items()})


def unpack(model: nn.Module, state: bytes) -> None:
    """Give a model the weights that `pack` gave.

    Raises:
        HarnessError: they are no weights, or another model's.
    """
    try:
        model.load_state_dict(load(state))
    except (SafetensorError, RuntimeError) as error:
        raise HarnessError(
            "the weights do not fit: they are damaged, or the cell or task was changed since."
        ) from error
