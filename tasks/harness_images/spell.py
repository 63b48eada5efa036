"""The word for a digit."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge

from harness import Baseline, Batch, Generated, Metric, Real, Recipe, Task, edit_distance, endless, first
from harness_images import mnist
from harness_images.mnist import MNIST_5K

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from harness import DataSet, Hypotheses, Split, Tensors, Totals

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
LETTERS = ("", *sorted(set("".join(WORDS))))
"""Symbols by number; 0 ends a word."""
SYMBOLS = [[LETTERS.index(letter) for letter in word] for word in WORDS]
SHOWN = 8


class Spell(Task):
    """Write the English word for the digit in an image, letter by letter.

    The image goes in as one vector before the first letter; each letter that was written goes in before the next, until
    the end symbol. The score is the share of images whose whole word is right. The digits are cut as in `digits`.

    Source: one to many as in Karpathy and Fei-Fei 2015, Deep visual-semantic alignments for generating image
    descriptions; the digits are MNIST's.
    """

    metrics = (
        Metric("words right", "higher", digits=1),
        Metric("words right, beam", "higher", digits=1),
        Metric("letter error rate", "lower", digits=1),
    )
    topology = "one to many"
    output = Generated(size=len(LETTERS), width=16, longest=8)
    recipes: ClassVar = {
        "smoke": Recipe(30, 32, 0.01, 20_000, evaluations=1),
        "quick": Recipe(1_200, 64, 0.005, 20_000, schedule="linear:share=0.5", evaluations=5),
        "full": Recipe(8_000, 64, 0.003, 50_000, schedule="linear:share=0.5", dropout=0.2, evaluations=20),
    }

    def __init__(self, size: Literal[28, 14] = 14, examples: Annotated[int, Ge(1)] | None = None) -> None:
        self._size = size
        self._examples = examples

    @property
    def encoding(self) -> Real:
        """The ink of all pixels."""
        return Real(self._size**2)

    def batches(self, split: Split, batch: int, seed: int) -> Iterator[Batch]:
        """Images and their words; training images shuffled anew in every pass."""
        images, labels = self._images[split]
        if split != "train":
            return _batches(images, labels, batch)
        rng = np.random.default_rng(seed)

        def one_pass() -> Iterator[Batch]:
            order = rng.permutation(len(labels))
            return _batches(images[order], labels[order], batch)

        return endless(one_pass)

    def tally(self, outputs: Hypotheses, batch: Tensors) -> Totals:
        """Whole words and letters."""
        return _tally(outputs.greedy, outputs.beam, _words(batch))

    def score(self, totals: Totals) -> dict[str, float]:
        """Percent of the words, and letters to be changed in percent of the letters."""
        return {
            "words right": 100 * totals["right"] / totals["count"],
            "words right, beam": 100 * totals["right by beam"] / totals["count"],
            "letter error rate": 100 * totals["edits"] / totals["letters"],
        }

    def show(self, outputs: Hypotheses, batch: Tensors) -> list[str]:
        """What was written, and the right word."""
        pairs = zip(outputs.greedy, _words(batch), strict=True)
        return [f"wrote {_text(word)!r}, right {_text(right)!r}" for word, right in pairs][:SHOWN]

    def baselines(self) -> list[Baseline]:
        """Always the most frequent word."""
        words = [SYMBOLS[label] for label in self._images["test"][1]]
        common = SYMBOLS[Counter(self._images["train"][1].tolist()).most_common(1)[0][0]]
        guesses = [common] * len(words)
        return [Baseline("majority", self.score(_tally(guesses, guesses, words)))]

    def datasets(self) -> tuple[DataSet, ...]:
        """The digits."""
        return (MNIST_5K,)

    @cached_property
    def _images(self) -> Mapping[Split, tuple[NDArray[np.float32], NDArray[np.int64]]]:
        """Images (n, pixels) and the digits that they show (n)."""
        parts = {}
        for split, digits in mnist.read().items():
            chosen = list(first(range(len(digits.labels)), self._examples if split == "train" else None))
            images = digits.smaller(self._size).images[chosen]
            parts[split] = images.reshape(len(images), -1), digits.labels[chosen]
        return parts


def _batches(images: NDArray[np.float32], labels: NDArray[np.int64], batch: int) -> Iterator[Batch]:
    longest = max(map(len, SYMBOLS)) + 1
    targets = np.array([symbols + [0] * (longest - len(symbols)) for symbols in SYMBOLS])  # (digits, target time)
    lengths = np.array([len(symbols) + 1 for symbols in SYMBOLS])  # the end symbol counts
    for start in range(0, len(labels), batch):
        chosen = labels[start : start + batch]
        yield Batch(images[start : start + batch], targets[chosen].T, target_lengths=lengths[chosen])


def _words(batch: Tensors) -> list[list[int]]:
    return [[symbol for symbol in word if symbol] for word in batch.targets.T.tolist()]


def _tally(greedy: Sequence[list[int]], beam: Sequence[list[int]], words: Sequence[list[int]]) -> Totals:
    return {
        "right": sum(guess == word for guess, word in zip(greedy, words, strict=True)),
        "right by beam": sum(guess == word for guess, word in zip(beam, words, strict=True)),
        "edits": sum(edit_distance(guess, word) for guess, word in zip(greedy, words, strict=True)),
        "letters": sum(map(len, words)),
        "count": len(words),
    }


def _text(symbols: Sequence[int]) -> str:
    return "".join(LETTERS[symbol] for symbol in symbols)
