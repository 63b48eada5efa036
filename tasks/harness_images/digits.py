"""Digits as sequences of pixels."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge

from harness import Baseline, Batch, Classes, Metric, Real, Recipe, Task, endless, first
from harness_images import mnist
from harness_images.mnist import CLASSES, MNIST_5K

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from harness import DataSet, Split, Totals

Order = Literal["rows", "pixels", "permuted"]


class DigitClasses(Task):
    """Say which digit an image shows, read a row at a time or a pixel at a time.

    At `order=rows` a step is a row of pixels, at `pixels` one pixel, row after row, and at `permuted` one pixel in a
    random order that is the same for all images. `size=14` halves the sides. The 5,000 digits are cut 70/10/20 in each
    class.

    Source: Le, Jaitly and Hinton 2015, arXiv:1504.00941, who read all of MNIST by pixels, in order and permuted.
    """

    metrics = (Metric("accuracy", "higher", digits=1),)
    topology = "many to one"
    output = Classes(CLASSES)
    recipes: ClassVar = {
        "smoke": Recipe(20, 32, 0.01, 10_000, evaluations=2),
        "quick": Recipe(600, 64, 0.006, 20_000, schedule="linear:share=0.5", evaluations=5),
        "full": Recipe(6_000, 64, 0.003, 50_000, schedule="linear:share=0.5", dropout=0.2, evaluations=20),
    }

    def __init__(
        self, order: Order = "rows", size: Literal[28, 14] = 28, examples: Annotated[int, Ge(1)] | None = None
    ) -> None:
        self._order = order
        self._size = size
        self._examples = examples

    @property
    def encoding(self) -> Real:
        """The ink of a row, or of a pixel."""
        return Real(self._size if self._order == "rows" else 1)

    def batches(self, split: Split, batch: int, seed: int) -> Iterator[Batch]:
        """Images in the order of their file; training images shuffled anew in every pass."""
        sequences, labels = self._sequences[split]
        if split != "train":
            return _batches(sequences, labels, batch)
        rng = np.random.default_rng(seed)

        def one_pass() -> Iterator[Batch]:
            order = rng.permutation(len(labels))
            return _batches(sequences[:, order], labels[order], batch)

        return endless(one_pass)

    def score(self, totals: Totals) -> dict[str, float]:
        """Accuracy in percent."""
        return {"accuracy": 100 * totals["correct"] / totals["count"]}

    def baselines(self) -> list[Baseline]:
        """The majority class, and the nearest mean image, which knows no order at all."""
        (train, labels), (test, truth) = self._sequences["train"], self._sequences["test"]
        majority = np.bincount(labels).argmax()
        known = np.unique(labels)
        means = np.stack([train[:, labels == label].mean(axis=1) for label in known])  # (classes, time, features)
        distances = ((test.swapaxes(0, 1)[:, None] - means) ** 2).sum(axis=(2, 3))  # (images, classes)
        guesses = {"majority": majority, "nearest mean image": known[distances.argmin(axis=1)]}
        return [Baseline(name, {"accuracy": 100 * float((guess == truth).mean())}) for name, guess in guesses.items()]

    def datasets(self) -> tuple[DataSet, ...]:
        """The digits."""
        return (MNIST_5K,)

    @cached_property
    def _sequences(self) -> Mapping[Split, tuple[NDArray[np.float32], NDArray[np.int64]]]:
        """Images as sequences (time, images, features), and their classes (images)."""
        return {split: self._as_sequences(split, digits) for split, digits in mnist.read().items()}

    def _as_sequences(self, split: Split, digits: mnist.Digits) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        chosen = list(first(range(len(digits.labels)), self._examples if split == "train" else None))
        images, labels = digits.smaller(self._size).images[chosen], digits.labels[chosen]
        sequences = images if self._order == "rows" else images.reshape(len(images), -1, 1)
        if self._order == "permuted":
            sequences = sequences[:, np.random.default_rng(0).permutation(sequences.shape[1])]
        return np.ascontiguousarray(sequences.swapaxes(0, 1)), labels


def _batches(sequences: NDArray[np.float32], labels: NDArray[np.int64], batch: int) -> Iterator[Batch]:
    for start in range(0, len(labels), batch):
        part = slice(start, start + batch)
        yield Batch(sequences[:, part], labels[part])
