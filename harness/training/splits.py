"""A task's data as a run may read it: the test set once, and last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import DataError, HarnessError
from harness.modeling.tensors import Tensors
from harness.training.checksum import Checksum

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch

    from harness.data.batch import Batch, Split
    from harness.training.task import Task

EVALUATION_BATCH = 256


class Splits:
    """Batches of a task on a device, with a guard on the test set.

    Args:
        task: whose data it is.
        seed: the order of the training data.
        device: where batches go.

    Attributes:
        seen: the checksums of what was read of each split: of all training batches, and of one pass over the others.
    """

    def __init__(self, task: Task, seed: int, device: torch.device) -> None:
        self._task = task
        self._seed = seed
        self._device = device
        self._test_read = False
        self.seen: dict[str, Checksum] = {}

    def train(self, batch: int) -> Iterator[Tensors]:
        """Training batches, without end."""
        return _endless(self._read("train", batch, "train"), type(self._task).__name__)

    def few(self, rows: int) -> Tensors:
        """The first of the validation examples, to look at."""
        return next(self._read("validation", rows))

    def one(self, batch: int) -> Tensors:
        """A training batch to measure with, which trains nothing."""
        return next(self._read("train", batch))

    def validation(self) -> Iterator[Tensors]:
        """Every validation example once."""
        return self._read("validation", EVALUATION_BATCH, "validation")

    def test(self) -> Iterator[Tensors]:
        """Every test example once; after this nothing can be read, so that nothing can be chosen by it."""
        batches = self._read("test", EVALUATION_BATCH, "test")
        self._test_read = True
        return batches

    def checksums(self) -> dict[str, float]:
        """Of what was read until now, by what it was read for."""
        return {purpose: checksum.value for purpose, checksum in self.seen.items()}

    def _read(self, split: Split, batch: int, purpose: str = "") -> Iterator[Tensors]:
        if self._test_read:
            raise RuntimeError(f"{split} data asked for after the test set was read")
        batches = _told(self._task, split, batch, self._seed)
        if purpose and purpose not in self.seen:
            self.seen[purpose] = Checksum()
            batches = _watched(batches, self.seen[purpose])
        return (Tensors(arrays, self._device) for arrays in batches)


def _told(task: Task, split: Split, batch: int, seed: int) -> Iterator[Batch]:
    """The batches; what goes wrong on the way to them is told as what is wrong with the data."""
    try:
        yield from task.batches(split, batch, seed)
    except Exception as error:
        why = str(error) if isinstance(error, HarnessError) else f"{type(error).__name__}: {error}"
        raise DataError(f"the {split} data cannot be read: {why}") from error


def _watched(batches: Iterator[Batch], checksum: Checksum) -> Iterator[Batch]:
    for batch in batches:
        checksum.add(batch)
        yield batch


def _endless(batches: Iterator[Tensors], task: str) -> Iterator[Tensors]:
    yield from batches
    raise RuntimeError(f"{task} has no more training batches: they must go on without end")
