"""Digits: the same images in every order, cut once, and no image on both sides of a split."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist

from harness import Batch, Classes, HarnessError, Real, Tensors
from harness.registry import bind
from harness_images import mnist
from harness_images.digits import DigitClasses

SIZES: dict[Any, int] = {"train": 3_500, "validation": 500, "test": 1_000}


@pytest.fixture
def digits(text_of: Any) -> Any:
    """The digits of each split, where they can be had."""
    return text_of(mnist.read)


def whole(task: DigitClasses, split: Any, seed: int = 0) -> Batch:
    """All of a split in one batch; of the training set the first pass."""
    return next(task.batches(split, SIZES[split], seed))


def columns(sequences: Any) -> list[bytes]:
    """What stands at each step in all images together."""
    return [step.tobytes() for step in sequences]


@pytest.mark.usefixtures("digits")
@pytest.mark.parametrize(
    ("order", "size", "shape"),
    [
        ("rows", 28, (28, 5, 28)),
        ("rows", 14, (14, 5, 14)),
        ("pixels", 28, (784, 5, 1)),
        ("pixels", 14, (196, 5, 1)),
        ("permuted", 28, (784, 5, 1)),
        ("permuted", 14, (196, 5, 1)),
    ],
)
def test_a_step_is_a_row_or_a_pixel(order: Any, size: Any, shape: tuple[int, ...]) -> None:
    task = DigitClasses(order, size)
    batch = next(task.batches("train", 5, 0))
    assert batch.inputs.shape == shape
    assert (batch.inputs.dtype, batch.targets.dtype, batch.targets.shape) == (np.float32, np.int64, (5,))
    assert batch.lengths is None
    assert (task.encoding, task.output, task.topology) == (Real(shape[2]), Classes(10), "many to one")


def test_a_sequence_is_the_image_row_after_row(digits: Any) -> None:
    rows, pixels = (whole(DigitClasses(order), "test") for order in ("rows", "pixels"))  # type: ignore[arg-type]
    for number in (0, 1, 999):
        image = digits["test"].images[number]
        np.testing.assert_array_equal(rows.inputs[:, number], image)
        np.testing.assert_array_equal(pixels.inputs[:, number, 0], np.concatenate(list(image)))


@pytest.mark.usefixtures("digits")
def test_the_pixels_are_permuted_alike_in_all_images_and_for_all_seeds() -> None:
    plain, permuted = DigitClasses("pixels"), DigitClasses("permuted")
    before, after = columns(whole(plain, "train", 3).inputs), columns(whole(permuted, "train", 3).inputs)
    assert before != after
    assert Counter(before) == Counter(after)  # one permutation of the steps does for 3,500 images
    unlike = [step for step, column in enumerate(after) if before.count(column) == 1]
    source = [before.index(after[step]) for step in unlike]
    assert len(unlike) > 600  # at the others no image has ink
    for split, seed in (("train", 4), ("validation", 0), ("test", 0)):
        a, b = whole(plain, split, seed).inputs, whole(permuted, split, seed).inputs
        np.testing.assert_array_equal(a[source], b[unlike])


def test_half_the_size_is_the_mean_of_two_by_two() -> None:
    image = np.arange(784, dtype=np.float32).reshape(1, 28, 28)
    small = mnist.Digits(image, np.zeros(1, dtype=np.int64)).smaller(14).images[0]
    assert small.shape == (14, 14)
    assert (small[0, 0], small[0, 1], small[1, 0]) == (14.5, 16.5, 70.5)  # (0 + 1 + 28 + 29) / 4, and so on
    assert small[13, 13] == (754 + 755 + 782 + 783) / 4


def test_each_class_is_cut_70_10_20_and_no_image_is_in_two_splits(digits: Any) -> None:
    counts = {split: np.bincount(part.labels).tolist() for split, part in digits.items()}
    assert counts == {"train": [350] * 10, "validation": [50] * 10, "test": [100] * 10}
    assert len({image.tobytes() for part in digits.values() for image in part.images}) == 5_000
    ink = digits["train"].images
    assert (ink.min(), ink.max()) == (0, 1)


@pytest.mark.usefixtures("digits")
def test_fewer_examples_are_a_fair_part_of_more_and_leave_the_held_out_sets_alone() -> None:
    def images(examples: int | None, split: Any) -> list[bytes]:
        task = DigitClasses(size=14, examples=examples)
        sequences, labels = task._sequences[split]
        return [image.tobytes() + bytes([label]) for image, label in zip(sequences.swapaxes(0, 1), labels, strict=True)]

    few, more, everything = (images(count, "train") for count in (100, 1_000, None))
    assert (few, more) == (everything[:100], everything[:1_000])
    classes = Counter(image[-1] for image in more)
    assert all(70 < classes[label] < 130 for label in range(10))  # 100 of each are expected
    for split in ("validation", "test"):
        assert images(100, split) == images(None, split)


@pytest.mark.usefixtures("digits")
def test_few_examples_are_all_that_training_sees() -> None:
    task = DigitClasses(size=14, examples=10)
    passes = list(islice(task.batches("train", 4, 0), 6))
    assert [len(batch.targets) for batch in passes] == [4, 4, 2, 4, 4, 2]
    assert len({image.tobytes() for batch in passes for image in batch.inputs.swapaxes(0, 1)}) == 10


@pytest.mark.usefixtures("digits")
def test_more_examples_than_there_are_is_an_error() -> None:
    with pytest.raises(HarnessError, match=r"examples=3501 asks for more than there are: 3,500 training examples\.$"):
        next(DigitClasses(examples=3_501).batches("train", 32, 0))


@pytest.mark.usefixtures("digits")
def test_the_seed_orders_training_and_nothing_else() -> None:
    task = DigitClasses(size=14)
    same, again, other = (whole(task, "train", seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(same.inputs, again.inputs)
    assert same.targets.tolist() != other.targets.tolist()
    assert Counter(columns(same.inputs.swapaxes(0, 1))) == Counter(columns(other.inputs.swapaxes(0, 1)))
    parts = list(task.batches("test", 300, 7))
    assert [len(part.targets) for part in parts] == [300, 300, 300, 100]
    np.testing.assert_array_equal(np.concatenate([p.inputs for p in parts], axis=1), whole(task, "test").inputs)


@pytest.mark.parametrize("order", ["rows", "permuted"])
def test_baselines_know_no_order(digits: Any, order: Any) -> None:
    majority, nearest = DigitClasses(order).baselines()
    assert (majority.name, nearest.name) == ("majority", "nearest mean image")
    assert majority.scores == {"accuracy": 10.0}
    flat = {split: digits[split].images.reshape(-1, 784) for split in ("train", "test")}
    means = [flat["train"][digits["train"].labels == label].mean(axis=0) for label in range(10)]
    right = cdist(flat["test"], np.array(means)).argmin(axis=1) == digits["test"].labels
    assert nearest.scores["accuracy"] == pytest.approx(100 * right.mean())
    assert nearest.scores["accuracy"] == pytest.approx(81.6)


@pytest.mark.usefixtures("digits")
def test_baselines_do_without_the_classes_that_few_examples_lack() -> None:
    majority, nearest = DigitClasses(examples=1).baselines()
    assert majority.scores == nearest.scores == {"accuracy": 10.0}


def test_accuracy_by_hand() -> None:
    task = DigitClasses()
    answers = torch.eye(10)[torch.tensor([3, 3, 7, 0])]
    total = task.tally(answers, Tensors(Batch(np.zeros((28, 4, 28)), np.array([3, 5, 7, 1])), torch.device("cpu")))
    assert (total["correct"], total["count"]) == (2, 4)
    assert task.score(total) == {"accuracy": 50.0}


def test_options_are_checked_and_constructing_reads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mnist, "read", lambda: pytest.fail("the digits were read"))
    DigitClasses(**bind(DigitClasses, {"order": "permuted", "size": "14", "examples": "50"}, "digits"))
    for option, value, message in (
        ("size", "20", "28 or 14"),
        ("order", "columns", "'rows', 'pixels' or 'permuted'"),
        ("examples", "0", "examples=0 cannot be used"),
    ):
        with pytest.raises(HarnessError, match=message):
            bind(DigitClasses, {option: value}, "digits")
