"""Sequences of unequal length in one batch, padded at their ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from torch import Tensor

    from harness.modeling.cell import States
    from harness.modeling.layer import Layer


def at_ends(outputs: Tensor, lengths: Tensor | None) -> Tensor:
    """The output (batch, features) of each sequence at its own last step, of outputs (time, batch, features)."""
    return outputs[-1] if lengths is None else outputs[lengths - 1, torch.arange(len(lengths), device=outputs.device)]


def reverse(x: Tensor, lengths: Tensor | None) -> Tensor:
    """Each sequence of x (time, batch, features) from its own end to its beginning; padding stays where it is."""
    if lengths is None:
        return x.flip(0)
    time = torch.arange(x.shape[0], device=x.device)[:, None]  # (time, 1)
    source = torch.where(time < lengths, lengths - 1 - time, time)  # (time, batch)
    return x[source, torch.arange(x.shape[1], device=x.device)]


def run_to_ends(layer: Layer, x: Tensor, states: States, lengths: Tensor | None) -> tuple[Tensor, States]:
    """Run a layer so that the states it returns are those at each sequence's own end.

    The layer runs from one length that occurs to the next, each time over the sequences that are still going on. So
    any layer can do it whose states can be carried on, and nothing is computed on padding.

    Args:
        layer: to be run.
        x: (time, batch, input_size).
        states: before the first step.
        lengths: (batch); all of `time` when None.

    Returns:
        The outputs (time, batch, output_size), zero behind a sequence's end, and the states.
    """
    if lengths is None or bool((lengths == len(x)).all()):
        return layer(x, states)  # type: ignore[no-any-return]  # torch's modules are called untyped
    longest_first = lengths.argsort(descending=True, stable=True)
    x, states = x[:, longest_first], _rows(states, longest_first)
    outputs, ended, begin = [], [], 0
    for end in torch.unique(lengths).tolist():
        going, staying = int((lengths >= end).sum()), int((lengths > end).sum())
        piece, states = layer(x[begin:end, :going], _rows(states, slice(going)))
        outputs.append(functional.pad(piece, (0, 0, 0, x.shape[1] - going)))  # (steps, batch, output_size)
        ended.append(_rows(states, slice(staying, going)))
        begin = end
    states = tuple(torch.cat(parts) for parts in zip(*reversed(ended), strict=True))
    as_they_came = longest_first.argsort()
    whole = functional.pad(torch.cat(outputs), (0, 0, 0, 0, 0, len(x) - begin))
    return whole[:, as_they_came], _rows(states, as_they_came)


def _rows(states: States, rows: Tensor | slice) -> States:
    return tuple(state[rows] for state in states)
