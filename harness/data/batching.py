"""Cutting data into batches: one long text into parallel streams, many sequences into buckets of similar length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from harness.data.batch import Batch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

POOL = 16
"""From how many batches' worth of shuffled sequences those of similar length are put together."""


def streams(symbols: NDArray[np.int64], batch: int, chunk: int, *, carry: bool = True) -> Iterator[Batch]:
    """Cut a text into parallel streams and these into chunks, for truncated backpropagation through time.

    Stream i goes on where stream i - 1 stops, so that every symbol but the first is a target once; up to batch - 1
    symbols at the end, which do not fill a step of all streams, are left out.

    Args:
        symbols: (n) the text.
        batch: the number of streams.
        chunk: steps of a chunk; the last one may be shorter.
        carry: whether the states go on from chunk to chunk.

    Yields:
        Inputs and targets (time, batch), the targets one symbol ahead; all but the first carry the states on, unless
        told not to.
    """
    steps = (len(symbols) - 1) // batch
    starts = np.arange(batch) * steps
    for begin in range(0, steps, chunk):
        positions = np.arange(begin, min(begin + chunk, steps))[:, None] + starts  # (time, batch)
        yield Batch(symbols[positions], symbols[positions + 1], carry=carry and begin > 0)


def bucketed(
    sequences: Sequence[NDArray[Any]],
    targets: NDArray[Any] | Sequence[NDArray[Any]],
    batch: int,
    rng: np.random.Generator | None = None,
) -> Iterator[Batch]:
    """Put sequences of similar length together, so that little is padded. Each comes once.

    Args:
        sequences: n arrays (time) or (time, features), none empty.
        targets: (n) or (n, features), one a sequence; or n arrays (target time) or (target time, features).
        batch: sequences a batch; the one that is left over may have fewer.
        rng: draws the order. Without it the sequences come from the shortest to the longest.

    Yields:
        Inputs (time, batch) or (time, batch, features), padded with zeros, their targets, and the lengths (batch);
        targets that are sequences are padded as well, and come with their lengths.

    Raises:
        ValueError: a sequence is empty: it has no last step to read an output at.
    """
    lengths = np.array([len(sequence) for sequence in sequences], dtype=np.int64)
    if not lengths.all():
        raise ValueError(f"sequence {int(lengths.argmin())} is empty")
    order = np.argsort(lengths, kind="stable") if rng is None else _order(lengths, POOL * batch, rng)
    batches = [order[start : start + batch] for start in range(0, len(order), batch)]
    if rng is not None:
        rng.shuffle(batches)
    for chosen in batches:
        inputs = _padded([sequences[number] for number in chosen])
        if isinstance(targets, np.ndarray):
            yield Batch(inputs, targets[chosen], lengths[chosen])
        else:
            own = [targets[number] for number in chosen]
            target_lengths = np.array([len(target) for target in own], dtype=np.int64)
            yield Batch(inputs, _padded(own), lengths[chosen], target_lengths)


def endless(one_pass: Callable[[], Iterator[Batch]]) -> Iterator[Batch]:
    """Pass after pass over the training data.

    Raises:
        ValueError: a pass has no batch.
    """
    while True:
        batches = one_pass()
        first = next(batches, None)
        if first is None:
            raise ValueError("there is nothing to train on: a pass over the data has no batch")
        yield first
        yield from batches


def _order(lengths: NDArray[np.int64], pool: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """All numbers shuffled, then sorted by length within pools."""
    shuffled = rng.permutation(len(lengths))
    pools = [shuffled[start : start + pool] for start in range(0, len(shuffled), pool)]
    return np.concatenate([some[np.argsort(lengths[some], kind="stable")] for some in pools])


def _padded(sequences: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Stack along a second axis: (time, batch) or (time, batch, features)."""
    time = max(len(sequence) for sequence in sequences)
    padded = np.zeros((time, len(sequences), *sequences[0].shape[1:]), dtype=sequences[0].dtype)
    for column, sequence in enumerate(sequences):
        padded[: len(sequence), column] = sequence
    return padded
