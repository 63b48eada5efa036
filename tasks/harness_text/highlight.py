"""Syntax highlighting."""

from __future__ import annotations

from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge

from harness import (
    Baseline,
    Batch,
    Classes,
    HarnessError,
    LocalFiles,
    Metric,
    OneHot,
    Recipe,
    Task,
    Vocabulary,
    endless,
    first,
)
from harness import corpus as find
from harness_text import pieces
from harness_text.confusion import confusion, scores
from harness_text.majority import by_context
from harness_text.python_source import CLASSES, SIGNS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from torch import Tensor

    from harness import Corpus, Split, Tensors, Totals
    from harness_text.pieces import Piece

LARGEST_VOCABULARY = 100
"""Characters that are told apart: ASCII, and few others."""
DOWN = "linear:share=0.4"
ROWS, LINES = 2, 6
"""Pieces that are shown, and lines of each."""


class Highlight(Task):
    """Say of every character of Python source what it belongs to.

    A keyword, a name, a string, a number, a comment, an operator or white space, as Python's own `tokenize` has it: of
    an f-string everything is string, and a soft keyword is a name. What a character is may show only after it (`i` of
    `if` and of `ifs`), so reading in both directions helps.

    The files of a corpus (`corpus=src/**/*.py`; the standard library unless given, another one with each version of
    Python) are split 80/10/10 by the hash of their contents, and cut into pieces of `length` characters, from the
    beginnings of lines on. A piece knows nothing of what stood before it: where it begins within a string of several
    lines, that has to be told from what it looks like. Up to 16,000 pieces are trained on, or as many as `examples`
    says; scores are over all characters of up to 2,000.

    Source: sequence labelling of Graves 2012, Supervised sequence labelling with recurrent neural networks; labels by
    `tokenize` of the Python standard library.
    """

    metrics = (Metric("accuracy", "higher", digits=2), Metric("macro-F1", "higher", digits=2))
    topology = "many to many"
    recipes: ClassVar = {
        "smoke": Recipe(8, 16, 2e-2, 10_000, evaluations=1),
        "quick": Recipe(400, 32, 2e-2, 30_000, schedule=DOWN, evaluations=3),
        "full": Recipe(1_800, 32, 8e-3, 100_000, schedule=DOWN, evaluations=12),
    }
    output = Classes(len(CLASSES))

    def __init__(
        self,
        corpus: str = "python",
        length: Annotated[int, Ge(1)] = 200,
        examples: Annotated[int, Ge(1)] | None = None,
    ) -> None:
        self.length = length
        self._examples = examples
        self._corpus = find(corpus)
        if not isinstance(self._corpus.source, LocalFiles):
            raise HarnessError(f"highlight splits by file, and {self._corpus.name} is one text: name files of Python.")

    @property
    def encoding(self) -> OneHot:
        """Characters, each as a unit vector."""
        return OneHot(self._vocabulary.size)

    def batches(self, split: Split, batch: int, seed: int) -> Iterator[Batch]:
        """Pieces, those for training shuffled anew in every pass."""
        count = len(self._arrays[split][0])
        if split != "train":
            return self._in_order(split, np.arange(count), batch)
        rng = np.random.default_rng(seed)
        return endless(lambda: self._in_order(split, rng.permutation(count), batch))

    def tally(self, outputs: Tensor, batch: Tensors) -> Totals:
        """The confusion matrix as well, a row a true class."""
        truth, guess = batch.targets.flatten(), outputs.argmax(dim=2).flatten()
        matrix = confusion(truth.cpu().numpy(), guess.cpu().numpy(), len(CLASSES))
        return {**super().tally(outputs, batch), "confusion": matrix}

    def score(self, totals: Totals) -> dict[str, float]:
        """Accuracy and the mean F1 of the classes, in percent."""
        return scores(totals["confusion"])

    def baselines(self) -> list[Baseline]:
        """The most frequent class: of all, of the same character, of the same three characters."""
        orders = {"majority": 0, "by character": 1, "by three characters": 3}
        truth = self._arrays["test"][1].ravel().astype(np.int64)
        return [
            Baseline(name, scores(confusion(truth, guess, len(CLASSES))))
            for name, order in orders.items()
            for guess in [by_context(self._arrays["train"], self._arrays["test"][0], order, self._vocabulary.size)]
        ]

    def datasets(self) -> tuple[Corpus, ...]:
        """The files."""
        return (self._corpus,)

    def show(self, outputs: Any, batch: Tensors) -> list[str]:  # noqa: ANN401 - logits
        """Some lines of source, and below each the signs of the classes."""
        shown: list[str] = []
        guesses = outputs.argmax(dim=2)
        for row in range(min(ROWS, guesses.shape[1])):
            text = self._text(batch.inputs[:, row].tolist())
            signs = "".join(SIGNS[number] for number in guesses[:, row].tolist())
            shown += islice(_lines(text, signs), 2 * LINES)
        return shown

    def read(self, prompt: str) -> Batch:
        """Source of the user's; nobody says what is right.

        Raises:
            HarnessError: there is none.
        """
        if not prompt:
            raise HarnessError("the prompt is empty: give a line of Python.")
        inputs = self._vocabulary.encode(prompt)[:, None]
        return Batch(inputs, np.zeros_like(inputs))

    def _text(self, numbers: list[int]) -> str:
        return "".join(symbol if len(symbol) == 1 else "\ufffd" for symbol in self._vocabulary.decode(numbers))

    def _in_order(self, split: Split, order: NDArray[np.int64], batch: int) -> Iterator[Batch]:
        inputs, targets = self._arrays[split]
        for start in range(0, len(order), batch):
            chosen = order[start : start + batch]
            yield Batch(inputs[chosen].T.astype(np.int64), targets[chosen].T.astype(np.int64))

    @cached_property
    def _pieces(self) -> dict[Split, list[Piece]]:
        found = pieces.split(pieces.read(self._corpus.files()), self.length)
        return {**found, "train": list(first(found["train"], self._examples, "pieces of source"))}

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        *frequent, unknown = Vocabulary.frequent(
            (piece.text for piece in self._pieces["train"]), LARGEST_VOCABULARY
        ).symbols
        return Vocabulary((*sorted(frequent), unknown))

    @cached_property
    def _arrays(self) -> dict[Split, tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
        """Characters and classes (pieces, time) of each split."""
        return {split: self._encoded(part) for split, part in self._pieces.items()}

    def _encoded(self, part: list[Piece]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        texts, labels = "".join(piece.text for piece in part), b"".join(piece.labels for piece in part)
        shape = (len(part), self.length)
        inputs = self._vocabulary.encode(texts).astype(np.uint8).reshape(shape)
        return inputs, np.frombuffer(labels, dtype=np.uint8).reshape(shape)


def _lines(text: str, signs: str) -> Iterator[str]:
    """Each line of a text, and its signs."""
    start = 0
    for line in text.split("\n"):
        yield line
        yield signs[start : start + len(line)]
        start += len(line) + 1
