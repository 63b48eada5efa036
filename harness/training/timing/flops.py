"""Floating-point operations, counted."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from harness.modeling.bidirectional import Bidirectional
from harness.modeling.decoder import EncoderDecoder
from harness.modeling.model import Model
from harness.modeling.recurrence import Recurrence
from harness.modeling.sizing import TRAINING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor, nn

    from harness.modeling.assembly import AnyModel
    from harness.modeling.decoder import Writer
    from harness.modeling.layer import Layer
    from harness.modeling.stack import Stack

PASSES = {"training": TRAINING, "forward": 1, "backward": TRAINING - 1, "inference": 1}
"""How many times the operations of a forward pass each phase has."""
STEPS = 16
"""Time steps over which a layer that takes whole sequences is counted."""


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


def per_step(model: AnyModel) -> int:
    """The operations of one time step of one sequence, as `count` counts them, on a CPU.

    They are those of all recurrent layers, and of the readout where it is read at each step: a cell that makes the
    prediction itself has it in its step. Of a model that reads a sequence and writes another it is the mean of a step
    that is read and one that is written, which are about as many.
    """
    training = model.training
    with torch.random.fork_rng(devices=[]):  # a layer that draws random numbers changes no run
        model.eval()
        try:
            return _of_reader(model) if isinstance(model, Model) else _of_writer(model)
        finally:
            model.train(training)


def _of_reader(model: Model) -> int:
    readout = 0 if model.many_to_one else _of_readout(model.readout, model.stack.top.output_size)
    return _of_stack(model.stack) + readout


def _of_writer(model: Writer) -> int:
    decoder = model.decoder
    written = _of_stack(decoder.stack) + _of_readout(decoder.readout, decoder.stack.top.output_size)
    return round((_of_stack(model.stack) + written) / 2) if isinstance(model, EncoderDecoder) else written


def _of_stack(stack: Stack) -> int:
    return sum(_of_layer(layer) for layer in stack)


def _of_layer(layer: Layer) -> int:
    if isinstance(layer, Bidirectional):
        return _of_layer(layer.ahead) + _of_layer(layer.back)
    like = next(layer.parameters())
    return round(count(layer, like.new_zeros(STEPS, 1, layer.input_size)) / STEPS)


def _of_readout(readout: nn.Module, width: int) -> int:
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        readout(torch.zeros(1, width))
    return int(counter.get_total_flops())


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
