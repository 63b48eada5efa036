"""Building a model for a task from a cell, with initial weights that are paired between cells."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn

from harness.errors import HarnessError, NotSupportedError
from harness.modeling import parts
from harness.modeling.cell import Cell, CellClass
from harness.modeling.decoder import Decoder, Describer, EncoderDecoder, Writer
from harness.modeling.encoding import Encoding, Generated, Output, Topology, width
from harness.modeling.initialisation import initialise
from harness.modeling.layer import Layer
from harness.modeling.model import Model
from harness.modeling.recurrence import Recurrence
from harness.modeling.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.modeling.engine.select import Engine

AnyModel = Model | Writer


@dataclass(frozen=True)
class Architecture:
    """All of a model but its cell and its size."""

    encoding: Encoding
    output: Output
    topology: Topology
    layers: int = 1
    bidirectional: bool = False
    dropout: float = 0.0
    init: str = "cell"
    engine: Engine = "auto"


@dataclass(frozen=True)
class Design:
    """A cell in an architecture at a size, with the seed of its initial weights."""

    cell: CellClass
    options: Mapping[str, object]
    shape: Architecture
    hidden_size: int
    seed: int

    def model(self) -> AnyModel:
        """The model that the topology asks for."""
        if isinstance(self.shape.output, Generated):
            return self._writer(self.shape.output)
        with _stream(self.seed, "encoder"):
            encoder = parts.encoder(self.shape.encoding)
        stack = self._stack(width(self.shape.encoding), "layer")
        return Model(encoder, stack, self._readout(stack), many_to_one=self.shape.topology == "many to one")

    def _writer(self, generated: Generated) -> Writer:
        if self.shape.topology == "one to many":
            with _stream(self.seed, "encoder"):
                projection = parts.affine(width(self.shape.encoding), generated.width)
            return Describer(projection, self._decoder(generated, "layer"), generated)
        if self.cell.predicts:
            raise NotSupportedError("its state is the prediction itself, which does not hold what an encoder has read")
        with _stream(self.seed, "encoder"):
            encoder = parts.encoder(self.shape.encoding)
        reads = self._stack(width(self.shape.encoding), "layer")
        decoder = self._decoder(generated, "decoder layer")
        _check_handover(reads, decoder.stack)
        return EncoderDecoder(encoder, reads, decoder, generated)

    def _decoder(self, generated: Generated, stream: str) -> Decoder:
        with _stream(self.seed, "decoder"):
            embedding = nn.Embedding(generated.size, generated.width)
        stack = self._stack(generated.width, stream)
        stack.check_streams("a sequence is written step by step")
        return Decoder(embedding, stack, self._readout(stack))

    def _stack(self, features: int, stream: str) -> Stack:
        """The layers; each draws its weights from a stream of its own."""
        layers: list[Layer] = []
        for depth in range(self.shape.layers):
            top = depth == self.shape.layers - 1
            with _stream(self.seed, f"{stream} {depth}"):
                layers.append(parts.layer(self, features, top=top))
            features = layers[-1].output_size
        return Stack(layers, self.shape.dropout)

    def _readout(self, stack: Stack) -> nn.Module:
        with _stream(self.seed, "readout"):
            outputs = width(self.shape.output)
            return nn.Identity() if self.cell.predicts else parts.affine(stack.top.output_size, outputs)


def build(
    cell: CellClass, options: Mapping[str, object], architecture: Architecture, hidden_size: int, seed: int
) -> AnyModel:
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
        HarnessError: the cell's step does not return its new states.
    """
    model = Design(cell, options, architecture, hidden_size, seed).model()
    check_steps(model)
    with _stream(seed, "init"):
        initialise(model, architecture.init)
    return model


def check_steps(module: nn.Module) -> None:
    """See that the steps of all cells in a module return their new states and change nothing.

    Raises:
        HarnessError: one does not.
    """
    from harness.modeling.engine.tracing.contract import check_step  # noqa: PLC0415 - most of it is for compiling

    for part in module.modules():
        if isinstance(part, Recurrence):
            check_step(part.cell)


def engines(module: nn.Module) -> str:
    """What runs the recurrent layers of a model: "native", "torch" or "loop", with the reason; "layer" for others.

    Raises:
        NotSupportedError: the engine that was asked for cannot.
    """
    found = [str(part.choice()) for part in module.modules() if isinstance(part, Recurrence)]
    return "; ".join(dict.fromkeys(found)) or "layer"


def parameter_count(module: nn.Module) -> int:
    """The number of trainable parameters."""
    return sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad)


def state_size(model: AnyModel) -> int:
    """How many numbers a model hands from one time step to the next for each sequence; a writer's decoder does."""
    stack = model.stack if isinstance(model, Model) else model.decoder.stack
    return sum(state.numel() for states in stack.initial(1) for state in states)


def check_cell(candidate: object, what: str) -> CellClass:
    """The candidate, if it is a class that models can be built from.

    Raises:
        HarnessError: it is something else.
    """
    if not (isinstance(candidate, type) and issubclass(candidate, Cell | Layer)):
        raise HarnessError(f"{what} is no cell: it must be a subclass of harness.Cell or harness.Layer.")
    for kind, method in ((Cell, "step"), (Layer, "forward")):
        if issubclass(candidate, kind) and getattr(candidate, method) is getattr(kind, method):
            raise HarnessError(f"{what} is no cell yet: it must define {method}.")
    return candidate


def _check_handover(reads: Stack, writes: Stack) -> None:
    """The decoder starts from the encoder's states, so these must be alike."""
    for ended, begins in zip(reads.initial(1), writes.initial(1), strict=True):
        shapes = [[tuple(state.shape[1:]) for state in states] for states in (ended, begins)]
        if shapes[0] != shapes[1]:
            raise NotSupportedError(
                f"its states depend on what it reads: the encoder's have shapes {shapes[0]}, the decoder's {shapes[1]}"
            )


@contextmanager
def _stream(seed: int, part: str) -> Iterator[None]:
    """Random numbers that depend on the seed and the part of the model only."""
    digest = hashlib.sha256(f"{seed}/{part}".encode()).digest()
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(int.from_bytes(digest[:8], "big") >> 1)  # not the GPU's, which is not kept
        yield
