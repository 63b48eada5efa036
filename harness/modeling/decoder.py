"""Models that write a sequence: after having read one, or about one vector."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from harness.modeling.search import END, Hypotheses, beam_search, greedy_search

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.modeling.cell import States
    from harness.modeling.encoding import Generated
    from harness.modeling.layer import Layer
    from harness.modeling.stack import Stack
    from harness.modeling.tensors import Tensors


class Decoder(nn.Module):
    """Writes a sequence symbol by symbol, each of which it reads before it writes the next.

    Args:
        embedding: symbols to vectors (batch, width).
        stack: the recurrent layers.
        readout: the topmost outputs to logits; the identity where the topmost cell predicts itself.
    """

    def __init__(self, embedding: nn.Embedding, stack: Stack, readout: nn.Module) -> None:
        super().__init__()
        self.embedding = embedding
        self.stack = stack
        self.readout = readout

    def forward(self, first: Tensor, targets: Tensor, states: Sequence[States]) -> Tensor:
        """The logits (target time, batch, size) where the right symbols are read (teacher forcing).

        Args:
            first: (batch, width) what is read before the first symbol.
            targets: (target time, batch) the right symbols, the end symbol included.
            states: of each layer.
        """
        read = torch.cat([first.unsqueeze(0), self.embedding(targets[:-1])])  # (target time, batch, width)
        outputs, _ = self.stack(read, states)
        return self.readout(outputs)  # type: ignore[no-any-return]

    def step(self, x: Tensor, states: Sequence[States]) -> tuple[Tensor, list[States]]:
        """The log-probabilities (batch, size) of the next symbol after reading x (batch, width), and the states."""
        outputs, after = self.stack(x.unsqueeze(0), states)
        return self.readout(outputs.squeeze(0)).log_softmax(dim=1), after


class Writer(nn.Module):
    """A model that writes a sequence; subclasses say where it starts.

    Args:
        decoder: writes.
        generated: how long and with how many hypotheses.
    """

    def __init__(self, decoder: Decoder, generated: Generated) -> None:
        super().__init__()
        self.decoder = decoder
        self.generated = generated

    @property
    def recurrent(self) -> list[Layer]:
        """All recurrent layers."""
        return list(self.decoder.stack)

    def start(self, batch: Tensors) -> tuple[Tensor, list[States]]:
        """What the decoder reads first (batch, width), and its states before."""
        raise NotImplementedError

    def forward(self, batch: Tensors, _states: Sequence[States] | None = None) -> tuple[Tensor, list[States]]:
        """The logits (target time, batch, size) under teacher forcing; a writer carries no states."""
        first, states = self.start(batch)
        return self.decoder(first, batch.targets, states), []

    def answer(self, batch: Tensors, _states: Sequence[States] | None = None) -> tuple[Hypotheses, list[States]]:
        """What it writes by itself, by greedy and by beam search."""
        start, longest = self.start(batch), self.generated.longest
        beam = beam_search(self.decoder, *start, longest, self.generated.beam)
        return Hypotheses(greedy_search(self.decoder, *start, longest), beam), []

    def steps(self, batch: Tensors) -> int:
        """Time steps of the sequences that are written."""
        return batch.target_steps


class EncoderDecoder(Writer):
    """Reads a sequence, and writes another from the states that it ends in.

    Source: Sutskever, Vinyals and Le 2014; Cho et al. 2014.

    Args:
        encoder: inputs to vectors (time, batch, features).
        stack: the recurrent layers that read.
        decoder: writes; its layers have states like those of `stack`.
        generated: how long and with how many hypotheses.
    """

    def __init__(self, encoder: nn.Module, stack: Stack, decoder: Decoder, generated: Generated) -> None:
        super().__init__(decoder, generated)
        self.encoder = encoder
        self.stack = stack

    @property
    def recurrent(self) -> list[Layer]:
        """All recurrent layers."""
        return [*self.stack, *self.decoder.stack]

    def start(self, batch: Tensors) -> tuple[Tensor, list[States]]:
        """The end symbol, and the encoder's states at each sequence's own end."""
        states = self.stack.states_at_ends(self.encoder(batch.inputs), batch.lengths)
        ends = torch.full((batch.inputs.shape[1],), END, device=batch.inputs.device)
        return self.decoder.embedding(ends), states

    def steps(self, batch: Tensors) -> int:
        """Time steps of the sequences that are read and of those that are written."""
        return batch.input_steps + batch.target_steps


class Describer(Writer):
    """Writes about one vector, which it reads, projected, before the first symbol.

    Source: Karpathy and Fei-Fei 2015, Deep visual-semantic alignments for generating image descriptions.

    Args:
        projection: a vector (batch, features) to what the decoder reads (batch, width).
        decoder: writes.
        generated: how long and with how many hypotheses.
    """

    def __init__(self, projection: nn.Linear, decoder: Decoder, generated: Generated) -> None:
        super().__init__(decoder, generated)
        self.projection = projection

    def start(self, batch: Tensors) -> tuple[Tensor, list[States]]:
        """The projected vector, and initial states."""
        return self.projection(batch.inputs), self.decoder.stack.initial(len(batch.inputs))
