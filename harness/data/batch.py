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
        inputs: (time, batch) int64, or (time, batch, features) float32.
        targets: what the outputs are compared with: (batch) or (time, batch) int64 for classes, and
            (batch, features) or (time, batch, features) float32 for real values.
        lengths: (batch) int64 where sequences are padded to `time`; None where none is.
        carry: whether these sequences go on where the previous batch stopped, so that the states are kept.
    """

    inputs: NDArray[Any]
    targets: NDArray[Any]
    lengths: NDArray[Any] | None = None
    carry: bool = False
