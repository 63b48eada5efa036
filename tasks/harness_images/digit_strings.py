"""Strips of several digits."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge

from harness import (
    Baseline,
    Classes,
    HarnessError,
    Metric,
    Real,
    Recipe,
    Task,
    best_paths,
    bucketed,
    edit_distance,
    first,
    prefix_beams,
)
from harness_images import mnist
from harness_images.mnist import CLASSES, MNIST_5K, Digits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from harness import Batch, DataSet, Split, Tensors, Totals

    Strips = tuple[list[NDArray[np.float32]], list[NDArray[np.int64]]]

HELD_OUT: Mapping[Split, tuple[int, int]] = {"validation": (300, 1), "test": (1_000, 2)}
"""Strips and stream of the held-out sets, which are the same for every run."""
SHOWN = 8


class DigitStrings(Task):
    """Read the digits of a strip, without being told where each one stands.

    Digits are pasted side by side, with gaps of a random width, to strips of unequal length; a step is a column of
    pixels. The target is the string of digits alone. Training strips are pasted afresh at every step, from training
    digits, held-out strips once, from digits of their own split (see `digits`). The score is the number of characters
    to be changed in percent of the characters, for best path decoding and for prefix beam search.

    Source: Graves, Fernández, Gomez and Schmidhuber 2006, Connectionist temporal classification; the digits are
    MNIST's.

    Args:
        shortest: digits of a strip, at least.
        longest: at most.
        size: pixels of a column.
        examples: training digits to paste from.
    """

    metrics = (
        Metric("character error rate", "lower", digits=1),
        Metric("character error rate, beam", "lower", digits=1),
        Metric("strings right", "higher", digits=1),
    )
    topology = "CTC"
    output = Classes(CLASSES + 1)
    recipes: ClassVar = {
        "smoke": Recipe(10, 16, 0.01, 20_000, evaluations=1),
        "quick": Recipe(320, 32, 0.01, 20_000, schedule="linear:share=0.4", evaluations=2),
        "full": Recipe(8_000, 32, 0.004, 50_000, schedule="linear:share=0.5", evaluations=20),
    }

    def __init__(
        self,
        shortest: Annotated[int, Ge(1)] = 1,
        longest: Annotated[int, Ge(1)] = 5,
        size: Literal[28, 14] = 14,
        examples: Annotated[int, Ge(1)] | None = None,
    ) -> None:
        if shortest > longest:
            raise HarnessError(f"digit-strings: shortest={shortest} is more than longest={longest}.")
        self._counts = (shortest, longest)
        self._size = size
        self._examples = examples

    @property
    def encoding(self) -> Real:
        """The ink of a column."""
        return Real(self._size)

    def batches(self, split: Split, batch: int, seed: int) -> Iterator[Batch]:
        """Training strips without end, or each held-out strip once."""
        if split == "train":
            rng = np.random.default_rng([0, seed])
            while True:
                yield from bucketed(*self._paste("train", rng, batch), batch)
        yield from bucketed(*self._held_out(split), batch)

    def tally(self, outputs: Tensor, batch: Tensors) -> Totals:
        """Edits under both ways of decoding, and characters."""
        strings = _strings(batch)
        return _tally(best_paths(outputs, batch.lengths), prefix_beams(outputs, batch.lengths), strings)

    def score(self, totals: Totals) -> dict[str, float]:
        """Percent of the characters, and of the strings."""
        return {
            "character error rate": 100 * totals["edits"] / totals["characters"],
            "character error rate, beam": 100 * totals["edits by beam"] / totals["characters"],
            "strings right": 100 * totals["right"] / totals["count"],
        }

    def show(self, outputs: Tensor, batch: Tensors) -> list[str]:
        """What was read, and the right string."""
        pairs = zip(best_paths(outputs, batch.lengths), _strings(batch), strict=True)
        return [f"read {_text(read)!r}, right {_text(right)!r}" for read, right in pairs][-SHOWN:]

    def baselines(self) -> list[Baseline]:
        """Reading nothing, and always the digit that is most frequent."""
        strings = [target.tolist() for target in self._held_out("test")[1]]
        common = Counter((self._digits["train"].labels + 1).tolist()).most_common(1)[0][0]
        guesses = {"nothing": [[] for _ in strings], "one digit": [[common] for _ in strings]}
        return [Baseline(name, self.score(_tally(guess, guess, strings))) for name, guess in guesses.items()]

    def datasets(self) -> tuple[DataSet, ...]:
        """The digits."""
        return (MNIST_5K,)

    def _held_out(self, split: Split) -> Strips:
        count, stream = HELD_OUT[split]
        return self._paste(split, np.random.default_rng([stream]), count)

    def _paste(self, split: Split, rng: np.random.Generator, count: int) -> Strips:
        """Strips (columns, size) and their strings, of symbols from 1 up."""
        digits, (shortest, longest) = self._digits[split], self._counts
        strips, strings = [], []
        for length in rng.integers(shortest, longest + 1, size=count):
            chosen = rng.integers(len(digits.labels), size=length)
            gaps = rng.integers(self._size // 4 + 1, size=length + 1)
            strips.append(_strip(digits.images[chosen], gaps))
            strings.append(digits.labels[chosen] + 1)
        return strips, strings

    @cached_property
    def _digits(self) -> Mapping[Split, Digits]:
        parts = {split: digits.smaller(self._size) for split, digits in mnist.read().items()}
        train = parts["train"]
        chosen = list(first(range(len(train.labels)), self._examples, "training digits"))
        return {**parts, "train": Digits(train.images[chosen], train.labels[chosen])}


def _strip(images: NDArray[np.float32], gaps: NDArray[np.int64]) -> NDArray[np.float32]:
    """Images (n, size, size) side by side, with gaps (n + 1) before, between and behind them: (columns, size)."""
    size = images.shape[1]
    parts = [np.zeros((gaps[0], size), dtype=np.float32)]
    for image, gap in zip(images, gaps[1:], strict=True):
        parts += [image.T, np.zeros((gap, size), dtype=np.float32)]
    return np.concatenate(parts)


def _strings(batch: Tensors) -> list[list[int]]:
    return [[symbol for symbol in string if symbol] for string in batch.targets.T.tolist()]


def _tally(best: Sequence[list[int]], beam: Sequence[list[int]], strings: Sequence[list[int]]) -> Totals:
    return {
        "edits": sum(edit_distance(read, right) for read, right in zip(best, strings, strict=True)),
        "edits by beam": sum(edit_distance(read, right) for read, right in zip(beam, strings, strict=True)),
        "right": sum(read == right for read, right in zip(best, strings, strict=True)),
        "characters": sum(map(len, strings)),
        "count": len(strings),
    }


def _text(symbols: Sequence[int]) -> str:
    return "".join(str(symbol - 1) for symbol in symbols)
