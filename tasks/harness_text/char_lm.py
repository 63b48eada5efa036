"""Character-level language modelling."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, ClassVar

from annotated_types import Ge

from harness import Baseline, HarnessError, Metric, Recipe, Vocabulary
from harness_text.ngram import cross_entropy
from harness_text.streamed import StreamedText, perplexity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness import Totals

DOWN = "linear:share=0.3"


class CharLM(StreamedText):
    """Predict each next character of a text.

    The text is a registered corpus, a file, or the files that match a pattern (`corpus=src/**/*.c`), cut into
    contiguous training, validation and test texts; `examples` keeps so many characters of the training text, from its
    beginning, with the same vocabulary. Training runs over parallel streams of the training text in chunks between
    which the state is carried, unless `carry=false`, and the gradient is not (truncated backpropagation through time);
    the seed says where in the text the streams begin. Held-out texts are always read with the state carried.
    Perplexity is the exponential of the mean cross-entropy.

    Source: Karpathy, Johnson and Li 2015, arXiv:1506.02078.
    """

    metrics = (
        Metric("perplexity", "lower", digits=2),
        Metric("bits per character", "lower", digits=3),
        Metric("nats per character", "lower", digits=3),
    )
    unit = "character"
    recipes: ClassVar = {
        "smoke": Recipe(steps=15, batch=16, learning_rate=1e-2, parameters=10_000, evaluations=1),
        "quick": Recipe(700, 32, learning_rate=2e-2, parameters=50_000, schedule="linear:share=0.7", evaluations=4),
        "full": Recipe(steps=3_000, batch=32, learning_rate=1e-2, parameters=200_000, schedule=DOWN, evaluations=15),
    }

    def __init__(
        self,
        corpus: str = "kjv",
        chunk: Annotated[int, Ge(1)] = 100,
        *,
        carry: bool = True,
        examples: Annotated[int, Ge(1)] | None = None,
    ) -> None:
        super().__init__(corpus, chunk, carry=carry, examples=examples)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The characters of the training text, and the unknown one if the other texts have more."""
        train, *held_out = map(str, self._parts.values())
        return Vocabulary.characters(train, *held_out)

    def score(self, totals: Totals) -> dict[str, float]:
        """Perplexity, bits and nats per character."""
        return _scores(totals["loss"] / totals["count"])

    def baselines(self) -> list[Baseline]:
        """Guessing, and n-grams with interpolated Witten-Bell smoothing."""
        train, test, size = self._symbols["train"], self._symbols["test"], self.vocabulary.size
        ngrams = {"unigram": 1, "2-gram": 2, "4-gram": 4}
        return [
            Baseline("uniform", _scores(math.log(size))),
            *(Baseline(name, _scores(cross_entropy(train, test, size, order))) for name, order in ngrams.items()),
        ]

    def encode(self, text: str) -> list[int]:
        """The numbers of a text's characters.

        Raises:
            HarnessError: the training text has none like one of them.
        """
        symbols = self.vocabulary.symbols
        for character in text:
            if character not in symbols:
                known = "".join(symbol for symbol in symbols if len(symbol) == 1)
                raise HarnessError(f"the character {character!r} is not in {self._corpus.name}, which has: {known!r}.")
        return [int(number) for number in self.vocabulary.encode(text)]

    def decode(self, symbols: Sequence[int]) -> str:
        """The characters of some numbers, joined."""
        return "".join(self.vocabulary.decode(symbols))

    def _read(self, text: str) -> str:
        return text


def _scores(nats: float) -> dict[str, float]:
    return {
        "perplexity": perplexity(nats),
        "bits per character": nats / math.log(2),
        "nats per character": nats,
    }
