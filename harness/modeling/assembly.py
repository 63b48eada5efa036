"""Building a model for a task from a cell, with initial weights that are paired between cells."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from harness.errors import HarnessError, NotSupportedError
from harness.modeling.cell import Cell, CellClass
from harness.modeling.encoding import Classes, Embedding, Encoding, OneHot, Output, width
from harness.modeling.layer import Layer
from harness.modeling.model import Model, OneHotEncoder
from harness.modeling.recurrence import Recurrence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Options = dict[str, Any]


@dataclass(frozen=True)
class Architecture:
    """All of a model but its cell and its size."""

    encoding: Encoding
    output: Output
    many_to_one: bool
    layers: int = 1


def build(
    cell: CellClass, options: Mapping[str, object], architecture: Architecture, hidden_size: int, seed: int
) -> Model:
    """Build a model whose parts draw their weights from streams of their own.

    For one seed, the embedding and the readout start the same for all cells, where shapes allow.

    Args:
        cell: a subclass of Cell or Layer.
        options: of the cell's constructor.
        architecture: what the task needs.
        hidden_size: of every layer.
        seed: of the run.

    Raises:
        NotSupportedError: the cell cannot be built like this.
    """
    with _stream(seed, "encoder"):
        encoder = _encoder(architecture.encoding)
    layers: list[Layer] = []
    features = width(architecture.encoding)
    for depth in range(architecture.layers):
        top = depth == architecture.layers - 1
        with _stream(seed, f"layer {depth}"):
            layers.append(_layer(cell, options, features, hidden_size, architecture.output, top=top))
        features = layers[-1].output_size
    with _stream(seed, "readout"):
        readout = nn.Identity() if cell.predicts else _readout(features, width(architecture.output))
    return Model(encoder, layers, readout, many_to_one=architecture.many_to_one)


def parameter_count(module: nn.Module) -> int:
    """The number of trainable parameters."""
    return sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad)


def check_cell(candidate: object, what: str) -> CellClass:
    """The candidate, if it is a class that models can be built from.

    Raises:
        HarnessError: it is something else.
    """
    if isinstance(candidate, type) and issubclass(candidate, Cell | Layer):
        return candidate
    raise HarnessError(f"{what} is no cell: it must be a subclass of harness.Cell or harness.Layer.")


def _encoder(encoding: Encoding) -> nn.Module:
    if isinstance(encoding, OneHot):
        return OneHotEncoder(encoding.size)
    if isinstance(encoding, Embedding):
        return nn.Embedding(encoding.size, encoding.width)
    return nn.Identity()


def _readout(features: int, outputs: int) -> nn.Linear:
    """An affine readout that starts as a gate's input does: Glorot weights, zero bias."""
    readout = nn.Linear(features, outputs)
    nn.init.xavier_uniform_(readout.weight)
    nn.init.zeros_(readout.bias)
    return readout


def _layer(
    cell: CellClass, options: Mapping[str, object], features: int, hidden_size: int, output: Output, *, top: bool
) -> Layer:
    if not top and (cell.below is not None or cell.predicts):
        if cell.below is None:
            raise NotSupportedError("it makes the prediction itself and names nothing to stand below it in a stack")
        built = cell.below(features, hidden_size)
    elif cell.predicts:
        built = cell(features, hidden_size, width(output), _activation(output), **options)
    else:
        built = cell(features, hidden_size, **options)
    return built if isinstance(built, Layer) else Recurrence(built)


def _activation(output: Output) -> nn.Module:
    return nn.Softmax(dim=-1) if isinstance(output, Classes) else nn.Identity()


@contextmanager
def _stream(seed: int, part: str) -> Iterator[None]:
    """Random numbers that depend on the seed and the part of the model only."""
    digest = hashlib.sha256(f"{seed}/{part}".encode()).digest()
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(int.from_bytes(digest[:8], "big") >> 1)  # not the GPU's, which is not kept
        yield
