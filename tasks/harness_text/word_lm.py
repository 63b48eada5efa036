"""Word-level language modelling."""

from __future__ import annotations

import math
import re
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from annotated_types import Ge

from harness import Baseline, Metric, Recipe, Vocabulary
from harness_text.ngram import cross_entropy
from harness_text.streamed import StreamedText, perplexity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from torch import Tensor

    from harness import Tensors, Totals

DOWN = "linear:share=0.5"
NEWLINE = "<newline>"
_TOKEN = re.compile(
    r"""
    [^\W\d_]+(?:['\u2019-][^\W\d_]+)*  # word, don't, self-driving
    | \d+(?:[.,:]\d+)*            # a number, a price, a time
    | [^\w\s] | _                 # any other sign
    | \s*\n\s*                    # line breaks
    """,
    re.VERBOSE,
)
_BEFORE_NO_SPACE = re.compile(r" (?=[.,;:!?)\]}])|(?<=[(\[{]) | ?\n ?")


class WordLM(StreamedText):
    """Predict each next word of a text.

    A symbol is a word or a number in lower case, a single other sign, or a line break; several line breaks together are
    one, other white space is none. All but the most frequent symbols of the training text, of which `vocabulary` says
    how many with it, are one symbol, the unknown one: perplexity counts it as a right answer wherever such a word
    stands, so that it only compares at one vocabulary, and the share of unknown words in the test text, in percent, is
    given beside it. Perplexity is the exponential of the mean cross-entropy.

    Corpora, streams, chunks, `carry` and `examples` (in symbols) are those of char-lm.

    Source: Mikolov et al. 2010, Recurrent neural network based language model; one-hot words in, a softmax out.
    """

    metrics = (
        Metric("perplexity", "lower", digits=1),
        Metric("bits per word", "lower", digits=3),
        Metric("unknown words", "lower", digits=1),
    )
    unit = "word"
    recipes: ClassVar = {
        "smoke": Recipe(40, 16, 6e-2, 75_000, schedule=DOWN, evaluations=1),
        "quick": Recipe(420, 32, 6e-2, 150_000, schedule=DOWN, evaluations=3),
        "full": Recipe(14_000, 32, 1e-2, 400_000, schedule=DOWN, evaluations=14),
    }

    def __init__(
        self,
        corpus: str = "kjv",
        vocabulary: Annotated[int, Ge(2)] = 1_000,
        chunk: Annotated[int, Ge(1)] = 20,
        *,
        carry: bool = True,
        examples: Annotated[int, Ge(1)] | None = None,
    ) -> None:
        self._largest = vocabulary
        super().__init__(corpus, chunk, carry=carry, examples=examples)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The most frequent symbols of the training text, and the unknown one."""
        return Vocabulary.frequent([self._parts["train"]], self._largest)

    def tally(self, outputs: Tensor, batch: Tensors) -> Totals:
        """How many of the words were unknown as well."""
        unknown = (batch.targets == self._unknown).sum().item()
        return {**super().tally(outputs, batch), "unknown": unknown}

    def score(self, totals: Totals) -> dict[str, float]:
        """Perplexity, bits per word, and the share of unknown words in percent."""
        return _scores(totals["loss"] / totals["count"], totals["unknown"] / totals["count"])

    def baselines(self) -> list[Baseline]:
        """Guessing, and n-grams with interpolated Witten-Bell smoothing."""
        train, test, size = self._symbols["train"], self._symbols["test"], self.vocabulary.size
        unknown = float(np.mean(test[1:] == self._unknown))
        nats = {"uniform": math.log(size)}
        nats |= {name: cross_entropy(train, test, size, order) for name, order in (("unigram", 1), ("2-gram", 2))}
        return [Baseline(name, _scores(value, unknown)) for name, value in nats.items()]

    def encode(self, text: str) -> list[int]:
        """The numbers of a text's words; one that is not in the vocabulary is the unknown one."""
        return [int(number) for number in self.vocabulary.encode(words(text))]

    def decode(self, symbols: Sequence[int]) -> str:
        """The words of some numbers, as a line of text."""
        return joined(self.vocabulary.decode(symbols))

    @property
    def _unknown(self) -> int:
        return self.vocabulary.size - 1

    def _read(self, text: str) -> list[str]:
        return words(text)


def words(text: str) -> list[str]:
    """The words, numbers, other signs and line breaks of a text, in lower case."""
    return [NEWLINE if token.isspace() else token for token in _TOKEN.findall(text.lower())]


def joined(tokens: Iterable[str]) -> str:
    """Words as a text: a space between them, but none before a full stop or beside a line break."""
    return _BEFORE_NO_SPACE.sub(_newline_only, " ".join(tokens).replace(NEWLINE, "\n"))


def _newline_only(match: re.Match[str]) -> str:
    return "\n" if "\n" in match[0] else ""


def _scores(nats: float, unknown: float) -> dict[str, float]:
    return {"perplexity": perplexity(nats), "bits per word": nats / math.log(2), "unknown words": 100 * unknown}
