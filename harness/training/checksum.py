"""What data a run saw, in a number: so that data that changed without anybody saying so are noticed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.data.batch import Batch


class Checksum:
    """A weighted sum of all numbers of some batches.

    The weights are random, and the same on every machine. So another number, another order or another batch gives
    another sum, while the rounding of another processor changes only its last digits. A hash of bytes would not do.
    """

    def __init__(self) -> None:
        self.value = 0.0
        self._scales = np.random.default_rng(0)
        self._weights: NDArray[np.float64] = np.empty(0)

    def add(self, batch: Batch) -> None:
        """Go on with a batch."""
        scale = self._scales.random()
        for array in (batch.inputs, batch.targets, batch.lengths, batch.target_lengths):
            if array is not None:
                numbers = np.asarray(array, dtype=np.float64).ravel()
                self.value += scale * float(self._some(len(numbers)) @ numbers)

    def _some(self, count: int) -> NDArray[np.float64]:
        if count > len(self._weights):
            self._weights = np.random.default_rng(1).random(count)  # whose beginning does not depend on the count
        return self._weights[:count]
