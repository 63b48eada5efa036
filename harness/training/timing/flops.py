"""Floating-point operations, counted."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from harness.modeling.recurrence import Recurrence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from harness.modeling.layer import Layer

PASSES = {"training": 3, "forward": 1, "backward": 2, "inference": 1}
"""How many times the operations of a forward pass each phase has: the gradient of a product is two products of the same
size, one for each of its factors."""


def count(layer: Layer, x: Tensor) -> int:
    """The operations of the matrix products of a forward pass over x (time, batch, input_size).

    An addition and a multiplication are two. Pointwise work is not counted, as is usual: products are what a processor
    is rated by. Of a cell it is what its step asks for, once for each time step, whatever an engine makes of it; of a
    layer what torch does when neither oneDNN nor cuDNN hides it.
    """
    x, states = x.detach(), layer.initial(x.shape[1])
    with torch.no_grad(), _decomposed(), FlopCounterMode(display=False) as counter:
        if isinstance(layer, Recurrence):
            layer.cell.step(x[0], *states)
        else:
            layer(x, states)
    return int(counter.get_total_flops()) * (len(x) if isinstance(layer, Recurrence) else 1)


@contextmanager
def _decomposed() -> Iterator[None]:
    """Where torch computes its recurrent layers from single products.

    Not by `torch.backends.mkldnn.flags`, which sets other things, too, and warns.
    """
    onednn: Any = torch.backends.mkldnn  # its attributes are properties that its types do not know
    before, onednn.enabled = onednn.enabled, False
    try:
        with torch.backends.cudnn.flags(enabled=False):
            yield
    finally:
        onednn.enabled = before
