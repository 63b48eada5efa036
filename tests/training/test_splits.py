"""The test set is read once, and last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from harness.data.batch import Batch
from harness.errors import DataError
from harness.training.splits import Splits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from harness.data.batch import Split


class Recorded:
    """Stands in for a task; notes what is asked of it."""

    def __init__(self, lengths: NDArray[Any] | None = None) -> None:
        self.asked = []
        self.lengths = lengths

    def batches(self, split: Split, batch: int, seed: int) -> Iterator[Batch]:
        self.asked.append((split, batch, seed))
        inputs = np.arange(6).reshape(3, 2)
        yield Batch(inputs, inputs, self.lengths, carry=True)


def splits_of(task: Recorded) -> Splits:
    return Splits(task, seed=7, device=torch.device("cpu"))


def test_after_the_test_set_nothing_can_be_read() -> None:
    splits = splits_of(Recorded())
    assert len(list(splits.validation())) == 1
    assert len(list(splits.test())) == 1
    for name, again in (("train", lambda: splits.train(4)), ("validation", splits.validation), ("test", splits.test)):
        with pytest.raises(RuntimeError, match=f"^{name} data asked for after the test set was read$"):
            again()


def test_asking_for_the_test_set_is_enough_to_close_the_others() -> None:
    splits = splits_of(Recorded())
    splits.test()
    with pytest.raises(RuntimeError):
        splits.validation()


def test_validation_can_be_read_again_and_again() -> None:
    splits = splits_of(Recorded())
    assert len(list(splits.validation())) == len(list(splits.validation())) == 1


def test_the_task_is_asked_with_the_seed_of_the_run() -> None:
    task = Recorded()
    splits = splits_of(task)
    next(splits.train(4))
    next(splits.test())
    assert task.asked[0] == ("train", 4, 7)
    assert [split for split, *_ in task.asked] == ["train", "test"]


@pytest.mark.parametrize(("lengths", "steps"), [(None, 6), (np.array([3, 1]), 4)])
def test_a_batch_comes_as_tensors_with_the_number_of_steps_that_count(lengths: NDArray[Any] | None, steps: int) -> None:
    batch = next(splits_of(Recorded(lengths)).train(4))
    assert torch.equal(batch.inputs, torch.arange(6).reshape(3, 2))
    assert batch.input_steps == steps
    assert batch.carry
    assert (batch.lengths is None) == (lengths is None)


def test_a_checksum_is_kept_of_what_was_read_for_each_purpose() -> None:
    splits = splits_of(Recorded())
    splits.few(2)
    assert splits.checksums() == {}
    next(splits.train(4))
    list(splits.validation())
    once = splits.checksums()
    list(splits.validation())
    assert splits.checksums() == once
    list(splits.test())
    assert splits.checksums().keys() == {"train", "validation", "test"}
    assert len(set(splits.checksums().values())) == 1  # of the same single batch


class Broken(Recorded):
    """Whose second batch cannot be read."""

    def batches(self, split: Split, batch: int, seed: int) -> Iterator[Batch]:
        yield from super().batches(split, batch, seed)
        raise OSError(5, "Input/output error")


def test_data_that_cannot_be_read_is_told_as_such() -> None:
    batches = splits_of(Broken()).train(4)
    next(batches)
    with pytest.raises(DataError, match=r"^the train data cannot be read: OSError: \[Errno 5\] Input/output error$"):
        next(batches)
