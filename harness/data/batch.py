"""A batch of sequences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from numpy.typing import NDArray

Split = Literal["train", "validation", "test"]


@dataclass(frozen=True)
class Batch:
    """Some sequences as arrays.

    Attributes:
        inputs: (time, batch) int64 or (time, batch, features) float32; (batch, features) float32 where one vector, and
            no sequence, goes in (one to many).
        targets: what the outputs are compared with: (batch) or (time, batch) int64 for classes, and
            (batch, features) or (time, batch, features) float32 for real and binary values. Where the target is a
            sequence with a length of its own (encoder-decoder, one to many, CTC), (target time, batch) int64, padded.
        lengths: (batch) int64 where inputs are padded to `time`; None where none is.
        target_lengths: (batch) int64, of targets that have a length of their own; the end symbol counts.
        carry: whether these sequences go on where the previous batch stopped, so that the states are kept.
    """

    inputs: NDArray[Any]
    targets: NDArray[Any]
    lengths: NDArray[Any] | None = None
    target_lengths: NDArray[Any] | None = None
    carry: bool = False
