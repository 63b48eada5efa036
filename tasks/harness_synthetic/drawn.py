"""Tasks whose sequences are drawn: afresh at every training step, once for the held-out sets."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import numpy as np

from harness import Batch, Task

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness import Split

HELD_OUT: Mapping[Split, tuple[int, int]] = {"validation": (1_000, 1), "test": (2_000, 2)}
"""Sequences and stream of the held-out sets, which are the same for every run."""


class Drawn(Task):
    """A task that draws its sequences; all of them have the same length."""

    @abstractmethod
    def draw(self, rng: np.random.Generator, count: int) -> Batch:
        """So many sequences, in a batch."""

    def batches(self, split: Split, batch: int, seed: int) -> Iterator[Batch]:
        """Training sequences without end, or each held-out sequence once."""
        if split == "train":
            rng = np.random.default_rng([0, seed])
            while True:
                yield self.draw(rng, batch)
        whole = self.held_out(split)
        for start in range(0, whole.inputs.shape[1], batch):
            part = slice(start, start + batch)
            targets = whole.targets[part] if self.topology == "many to one" else whole.targets[:, part]
            yield Batch(whole.inputs[:, part], targets)

    def held_out(self, split: Split) -> Batch:
        """All sequences of the validation or of the test set."""
        count, stream = HELD_OUT[split]
        return self.draw(np.random.default_rng([stream]), count)

    def fingerprint(self) -> str:
        """Generated: all that matters is in the options and the source."""
        return "generated"
