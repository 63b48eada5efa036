"""Decoding what a network trained with CTC gives: a symbol or nothing (the blank, class 0) at each step.

Source: Graves, Fernández, Gomez and Schmidhuber 2006, Connectionist temporal classification.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

BLANK = 0
NEGLIGIBLE = -9.0
"""The log-probability below which a symbol opens no new prefix."""


def best_paths(logits: Tensor, lengths: Tensor | None = None) -> list[list[int]]:
    """The symbols of the most likely path of each sequence: repeats are one, blanks are dropped (best path decoding).

    Args:
        logits: (time, batch, classes).
        lengths: (batch); all of `time` when None.
    """
    paths = logits.argmax(dim=2).T.tolist()  # (batch, time)
    ends = [logits.shape[0]] * logits.shape[1] if lengths is None else lengths.tolist()
    return [
        [symbol for symbol, _ in groupby(path[:end]) if symbol != BLANK] for path, end in zip(paths, ends, strict=True)
    ]


def prefix_beams(logits: Tensor, lengths: Tensor | None = None, beam: int = 8) -> list[list[int]]:
    """The most likely symbols of each sequence, over all alignments, as far as a beam of prefixes sees.

    Args:
        logits: (time, batch, classes).
        lengths: (batch); all of `time` when None.
        beam: how many prefixes are kept.
    """
    scores = logits.log_softmax(dim=2).transpose(0, 1).double().cpu().numpy()  # (batch, time, classes)
    ends = [scores.shape[1]] * len(scores) if lengths is None else lengths.tolist()
    return [prefix_beam(row[:end], beam) for row, end in zip(scores, ends, strict=True)]


def prefix_beam(scores: NDArray[np.float64], beam: int) -> list[int]:
    """The most likely symbols of one sequence.

    A prefix has two scores: of all alignments that end in a blank, and of those that end in its last symbol, for only
    after a blank is the same symbol a new one.

    Args:
        scores: (time, classes) log-probabilities.
        beam: how many prefixes are kept.
    """
    prefixes: dict[tuple[int, ...], tuple[float, float]] = {(): (0.0, -np.inf)}  # ends in a blank, in its last symbol
    for now in scores:
        likely = [int(symbol) for symbol in np.flatnonzero(now > NEGLIGIBLE) if symbol != BLANK]
        after: dict[tuple[int, ...], tuple[float, float]] = {}
        for prefix, (blank, symbol) in prefixes.items():
            either = np.logaddexp(blank, symbol)
            _add(after, prefix, either + now[BLANK], symbol + now[prefix[-1]] if prefix else -np.inf)
            for new in likely:
                before = blank if prefix and new == prefix[-1] else either
                _add(after, (*prefix, new), -np.inf, before + now[new])
        best = sorted(after.items(), key=lambda item: -np.logaddexp(*item[1]))
        prefixes = dict(best[:beam])
    return list(next(iter(prefixes)))


def _add(
    prefixes: dict[tuple[int, ...], tuple[float, float]], prefix: tuple[int, ...], blank: float, symbol: float
) -> None:
    """Add the alignments that lead to a prefix to those that are known to."""
    known_blank, known_symbol = prefixes.get(prefix, (-np.inf, -np.inf))
    prefixes[prefix] = (float(np.logaddexp(known_blank, blank)), float(np.logaddexp(known_symbol, symbol)))
