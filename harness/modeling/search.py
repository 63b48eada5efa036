"""Writing a sequence symbol by symbol: the likeliest symbol each time, or the likeliest sequence that a beam finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from harness.modeling.cell import States
    from harness.modeling.decoder import Decoder

END = 0
"""The symbol that ends a sequence, and that a decoder reads first where nothing else tells it to begin."""


@dataclass(frozen=True)
class Hypotheses:
    """What a model wrote for each sequence of a batch, as symbols without the end symbol.

    Attributes:
        greedy: always taking the likeliest next symbol.
        beam: by beam search: the likeliest whole sequence that was found.
    """

    greedy: list[list[int]]
    beam: list[list[int]]


def greedy_search(decoder: Decoder, first: Tensor, states: Sequence[States], longest: int) -> list[list[int]]:
    """Take the likeliest symbol each time.

    Args:
        decoder: gives the probabilities of the next symbol.
        first: (batch, width) what it reads before the first symbol.
        states: of its layers.
        longest: how many symbols at most.
    """
    x, written = first, []
    ended = torch.zeros(len(first), dtype=torch.bool, device=first.device)
    for _ in range(longest):
        scores, states = decoder.step(x, states)
        symbols = scores.argmax(dim=1)
        written.append(symbols)
        ended |= symbols == END
        if bool(ended.all()):
            break
        x = decoder.embedding(symbols)
    return [_before_end(row) for row in torch.stack(written, dim=1).tolist()]


def beam_search(decoder: Decoder, first: Tensor, states: Sequence[States], longest: int, beam: int) -> list[list[int]]:
    """Keep the `beam` likeliest beginnings of each sequence, and give the likeliest that ended.

    Probabilities are not normalised by length, so that what is found is what the model thinks likeliest.

    Args:
        decoder: gives the probabilities of the next symbol.
        first: (batch, width) what it reads before the first symbol.
        states: of its layers.
        longest: how many symbols at most.
        beam: hypotheses of each sequence.
    """
    batch = len(first)
    rows = torch.arange(batch, device=first.device).repeat_interleave(beam)
    x, states = first[rows], _take(states, rows)
    own = torch.arange(batch, device=first.device)[:, None] * beam  # (batch, 1): where a sequence's hypotheses begin
    total = first.new_full((batch, beam), -torch.inf)  # all start alike, so only the first of them counts
    total[:, 0] = 0
    written = torch.empty((batch * beam, 0), dtype=torch.long, device=first.device)
    ended = torch.zeros(batch * beam, dtype=torch.bool, device=first.device)
    for _ in range(longest):
        scores, states = decoder.step(x, states)  # (batch × beam, size)
        scores = _only_end(scores, ended)
        whole = total[:, :, None] + scores.view(batch, beam, -1)
        total, chosen = whole.flatten(1).topk(beam, dim=1)  # (batch, beam)
        size = scores.shape[1]
        parents, symbols = (own + chosen // size).flatten(), (chosen % size).flatten()
        written = torch.cat([written[parents], symbols[:, None]], dim=1)
        ended = ended[parents] | (symbols == END)
        if bool(ended.all()):
            break
        states, x = _take(states, parents), decoder.embedding(symbols)
    best = written.view(batch, beam, -1)[:, 0]  # topk sorts
    return [_before_end(row) for row in best.tolist()]


def _only_end(scores: Tensor, ended: Tensor) -> Tensor:
    """A hypothesis that has ended goes on with the end symbol, at no cost."""
    stay = torch.full_like(scores, -torch.inf)
    stay[:, END] = 0
    return torch.where(ended[:, None], stay, scores)


def _take(states: Sequence[States], rows: Tensor) -> list[States]:
    return [tuple(state[rows] for state in layer) for layer in states]


def _before_end(symbols: list[int]) -> list[int]:
    return symbols[: symbols.index(END)] if END in symbols else symbols
