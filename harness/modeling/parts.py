"""The parts that models are assembled from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn
from torch.nn.parameter import is_lazy

from harness.errors import HarnessError, NotSupportedError
from harness.modeling.bidirectional import Bidirectional
from harness.modeling.encoding import Binary, Classes, Embedding, Encoding, Generated, OneHot, Output, width
from harness.modeling.layer import Layer
from harness.modeling.model import OneHotEncoder
from harness.modeling.recurrence import Recurrence

if TYPE_CHECKING:
    from harness.modeling.assembly import Design


def encoder(encoding: Encoding) -> nn.Module:
    """What turns inputs into vectors."""
    if isinstance(encoding, OneHot):
        return OneHotEncoder(encoding.size)
    if isinstance(encoding, Embedding):
        return nn.Embedding(encoding.size, encoding.width)
    return nn.Identity()


def affine(features: int, outputs: int) -> nn.Linear:
    """An affine map that starts as a gate's input does: Glorot weights, zero bias."""
    linear = nn.Linear(features, outputs)
    nn.init.xavier_uniform_(linear.weight)
    nn.init.zeros_(linear.bias)
    return linear


def layer(design: Design, features: int, *, top: bool) -> Layer:
    """A layer, of both directions where the architecture says so.

    Raises:
        NotSupportedError: the cell cannot stand there.
        HarnessError: its parameters have no sizes.
    """
    if not design.shape.bidirectional:
        return _one_way(design, features, top=top)
    if design.cell.predicts:
        raise NotSupportedError("it makes the prediction itself, and two directions would make two")
    return Bidirectional(_one_way(design, features, top=top), _one_way(design, features, top=top))


def _one_way(design: Design, features: int, *, top: bool) -> Layer:
    cell, size, output = design.cell, design.hidden_size, design.shape.output
    if not top and (cell.below is not None or cell.predicts):
        if cell.below is None:
            raise NotSupportedError("it makes the prediction itself and names nothing to stand below it in a stack")
        built = cell.below(features, size)
    elif cell.predicts:
        built = cell(features, size, width(output), _activation(output), **design.options)
    else:
        built = cell(features, size, **design.options)
    for name, parameter in built.named_parameters():
        if is_lazy(parameter):
            raise HarnessError(
                f"{type(built).__name__} leaves open how large {name} is: make it of input_size and hidden_size, as in "
                f"nn.Linear(input_size, hidden_size) instead of nn.LazyLinear(hidden_size)."
            )
    return built if isinstance(built, Layer) else Recurrence(built, design.shape.engine)


def _activation(output: Output) -> nn.Module:
    """What turns the values that losses are computed from into the prediction: g₂ of a Jordan network."""
    if isinstance(output, Classes | Generated):
        return nn.Softmax(dim=-1)
    return nn.Sigmoid() if isinstance(output, Binary) else nn.Identity()
