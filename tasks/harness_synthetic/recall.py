"""Symbols to be remembered, and written down after a delimiter: copying, and copying a selection."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge

from harness import Baseline, Batch, Classes, HarnessError, Metric, OneHot, Recipe
from harness_synthetic.drawn import Drawn

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from harness import Tensors, Totals

BLANK = 0
SHOWN = 3
Positive = Annotated[int, Ge(1)]


class Recall(Drawn):
    """Symbols come among blanks, then a delimiter, then blanks, at which the symbols are to be written in order.

    Before the delimiter the target is the blank. The loss is the cross-entropy over all steps; the accuracy counts the
    steps at which a symbol is to be written. It counts as solved where less than 1% of these are wrong. Training
    sequences are drawn afresh at every step.

    Args:
        symbols: to be remembered.
        alphabet: different ones.
        before: steps before the delimiter.
    """

    metrics = (Metric("recall", "higher", digits=1), Metric("cross-entropy", "lower", digits=4))
    topology = "many to many"
    solved = 99.0

    def __init__(self, symbols: int, alphabet: int, before: int) -> None:
        self.symbols = symbols
        self.alphabet = alphabet
        self.before = before

    @property
    def encoding(self) -> OneHot:
        """The blank, the alphabet, the delimiter."""
        return OneHot(self.alphabet + 2)

    @property
    def output(self) -> Classes:
        """The blank, the alphabet."""
        return Classes(self.alphabet + 1)

    @abstractmethod
    def places(self, rng: np.random.Generator, count: int) -> NDArray[np.int64]:
        """The steps (symbols, batch) at which symbols stand, in order."""

    def draw(self, rng: np.random.Generator, count: int) -> Batch:
        """Inputs and targets (time, batch)."""
        symbols = rng.integers(1, self.alphabet + 1, size=(self.symbols, count))
        inputs = np.full((self.before + 1 + self.symbols, count), BLANK)
        inputs[self.places(rng, count), np.arange(count)] = symbols
        inputs[self.before] = self.alphabet + 1
        targets = np.full_like(inputs, BLANK)
        targets[-self.symbols :] = symbols
        return Batch(inputs, targets)

    def tally(self, outputs: Tensor, batch: Tensors) -> Totals:
        """What of the symbols was recalled as well."""
        written, right = outputs[-self.symbols :].argmax(dim=2), batch.targets[-self.symbols :]
        recalled = {"recalled": (written == right).sum().item(), "to recall": right.numel()}
        return {**super().tally(outputs, batch), **recalled}

    def score(self, totals: Totals) -> dict[str, float]:
        """The share of symbols recalled, in percent, and the cross-entropy in nats a step."""
        return {
            "recall": 100 * totals["recalled"] / totals["to recall"],
            "cross-entropy": totals["loss"] / totals["count"],
        }

    def baselines(self) -> list[Baseline]:
        """Without a memory: blanks, then any symbol."""
        steps = self.before + 1 + self.symbols
        guessed = {"recall": 100 / self.alphabet, "cross-entropy": self.symbols * math.log(self.alphabet) / steps}
        return [Baseline("no memory", guessed)]

    def show(self, outputs: Any, batch: Tensors) -> list[str]:  # noqa: ANN401 - logits
        """What was written, and what it should have been."""
        written, right = (part[-self.symbols :].T.tolist() for part in (outputs.argmax(dim=2), batch.targets))
        lines = [f"wrote {_digits(w)}, right {_digits(r)}" for w, r in zip(written, right, strict=True)]
        return lines[:SHOWN]


class Copy(Recall):
    """Copy ten symbols after a delay.

    The symbols come first, then blanks and a delimiter, `delay` steps together, then blanks again, at which they are to
    be written. A network without a memory has a cross-entropy of S ln A / (delay + 2 S), for S symbols of an alphabet
    of A.

    Source: Hochreiter and Schmidhuber 1997; in this form Arjovsky, Shah and Bengio 2016, arXiv:1511.06464, section 5.1.
    """

    recipes: ClassVar = {
        "smoke": Recipe(20, 32, 0.01, 10_000, evaluations=2),
        "quick": Recipe(1_200, 32, 0.02, 10_000, schedule="linear:share=0.3", evaluations=3),
        "full": Recipe(20_000, 64, 0.005, 20_000, schedule="linear:share=0.3", evaluations=20),
    }

    def __init__(self, delay: Positive = 10, symbols: Positive = 10, alphabet: Annotated[int, Ge(2)] = 8) -> None:
        super().__init__(symbols, alphabet, symbols + delay - 1)

    def places(self, rng: np.random.Generator, count: int) -> NDArray[np.int64]:  # noqa: ARG002 - always the same
        """The first steps."""
        return np.tile(np.arange(self.symbols)[:, None], count)


class SelectiveCopy(Recall):
    """Copy the symbols that come scattered among blanks.

    They stand anywhere among the first `length` steps, so when to write to memory depends on what is read. Without a
    memory the cross-entropy is S ln A / (length + 1 + S), for S symbols of an alphabet of A.

    Source: the denoise task of Jing et al. 2019, Gated orthogonal recurrent units; selective copying of Gu and Dao
    2023, arXiv:2312.00752.
    """

    recipes: ClassVar = Copy.recipes

    def __init__(self, length: Positive = 20, symbols: Positive = 10, alphabet: Annotated[int, Ge(2)] = 8) -> None:
        if symbols > length:
            raise HarnessError(f"selective-copy: {symbols} symbols do not fit into length={length} steps.")
        super().__init__(symbols, alphabet, length)

    def places(self, rng: np.random.Generator, count: int) -> NDArray[np.int64]:
        """Different ones of the first steps."""
        shuffled = rng.permuted(np.tile(np.arange(self.before), (count, 1)), axis=1)
        return np.sort(shuffled[:, : self.symbols], axis=1).T


def _digits(symbols: list[int]) -> str:
    return " ".join("-" if symbol == BLANK else str(symbol) for symbol in symbols)
