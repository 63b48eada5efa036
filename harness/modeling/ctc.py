"""Decoding what a network trained with CTC gives: a symbol or nothing (the blank, class 0) at each step.

Source: Graves, Fernández, Gomez and Schmidhuber 2006, Connectionist temporal classification.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

BLANK = 0
NEGLIGIBLE = 1e-4
"""The probability below which a symbol opens no new prefix."""


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
    rows = logits.softmax(dim=2).transpose(0, 1).double().tolist()  # (batch, time, classes)
    ends = [logits.shape[0]] * len(rows) if lengths is None else lengths.tolist()
    return [prefix_beam(row[:end], beam) for row, end in zip(rows, ends, strict=True)]


def prefix_beam(probabilities: Sequence[Sequence[float]], beam: int) -> list[int]:
    """The most likely symbols of one sequence.

    A prefix has two shares: of the alignments that end in a blank, and of those that end in its last symbol, for only
    after a blank is the same symbol a new one. Shares are of the likeliest prefix, so that long products do not
    underflow.

    Args:
        probabilities: (time, classes).
        beam: how many prefixes are kept.
    """
    prefixes: dict[tuple[int, ...], tuple[float, float]] = {(): (1.0, 0.0)}  # ends in a blank, in its last symbol
    for now in probabilities:
        likely = [symbol for symbol, share in enumerate(now) if share > NEGLIGIBLE and symbol != BLANK]
        after: dict[tuple[int, ...], tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
        for prefix, (blank, symbol) in prefixes.items():
            known_blank, known_symbol = after[prefix]
            again = symbol * now[prefix[-1]] if prefix else 0.0
            after[prefix] = (known_blank + (blank + symbol) * now[BLANK], known_symbol + again)
            for new in likely:
                before = blank if prefix and new == prefix[-1] else blank + symbol
                known_blank, known_symbol = after[*prefix, new]
                after[*prefix, new] = (known_blank, known_symbol + before * now[new])
        best = sorted(after.items(), key=lambda item: sum(item[1]), reverse=True)[:beam]
        whole = sum(best[0][1]) or 1.0
        prefixes = {prefix: (blank / whole, symbol / whole) for prefix, (blank, symbol) in best}
    return list(next(iter(prefixes)))
