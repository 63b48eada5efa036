"""Sentiment of short texts."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge

from harness import Baseline, Classes, Embedding, Metric, Recipe, Task, Vocabulary, bucketed, endless, first
from harness_text import bag_of_words
from harness_text.confusion import confusion, scores
from harness_text.reviews import SST2
from harness_text.tweets import LABELLED_TWEETS
from harness_text.words import characters, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray
    from torch import Tensor

    from harness import Batch, DataSet, Split, Tensors, Totals
    from harness_text.labelled import Labelled

CORPORA = {"tweets": LABELLED_TWEETS, "sst2": SST2}
TOKENS = {"words": words, "characters": characters}
LARGEST_VOCABULARY = 2_000
"""Symbols, so that their embedding leaves most of the parameters to the cell."""
RAREST = 3
"""How often a symbol must come in training to be told from others."""
WIDTH = 16
"""Of the embedding."""
DOWN = "linear:share=0.5"
SMALL = "uniform:bound=0.08"
"""Initial weights near zero: a rare word, of which training moves little, then says little instead of anything."""


class Sentiment(Task):
    """Say whether a short text is positive.

    Tweets are negative, neutral or positive, sentences of film reviews (`corpus=sst2`) negative or positive. A text is
    read as words, of which rare ones are unknown, or as characters, and classified after its end.

    Source: Socher et al. 2013 for sst2; for tweets see `harness data`.
    """

    metrics = (Metric("accuracy", "higher", digits=1), Metric("macro-F1", "higher", digits=1))
    topology = "many to one"
    recipes: ClassVar = {
        "smoke": Recipe(15, 32, 1e-2, 40_000, init=SMALL, evaluations=1),
        "quick": Recipe(1_000, 64, 4e-3, 50_000, init=SMALL, schedule=DOWN, evaluations=5),
        "full": Recipe(3_000, 64, 2e-3, 100_000, init=SMALL, schedule=DOWN, evaluations=20),
    }

    def __init__(
        self,
        corpus: Literal["tweets", "sst2"] = "tweets",
        units: Literal["words", "characters"] = "words",
        examples: Annotated[int, Ge(1)] | None = None,
    ) -> None:
        self._examples = examples
        self._source = CORPORA[corpus]
        self._tokens = TOKENS[units]

    @property
    def encoding(self) -> Embedding:
        """Words or characters, each as a learned vector."""
        return Embedding(self._vocabulary.size, WIDTH)

    @property
    def output(self) -> Classes:
        """Negative, (neutral,) positive."""
        return Classes(len(self._source.classes))

    def batches(self, split: Split, batch: int, seed: int) -> Iterator[Batch]:
        """Texts of similar length together; training texts shuffled anew in every pass."""
        sequences, labels = self._encoded[split]
        if split != "train":
            return bucketed(sequences, labels, batch)
        rng = np.random.default_rng(seed)
        return endless(lambda: bucketed(sequences, labels, batch, rng))

    def tally(self, outputs: Tensor, batch: Tensors) -> Totals:
        """The confusion matrix as well, a row a true class."""
        matrix = confusion(batch.targets.cpu().numpy(), outputs.argmax(dim=1).cpu().numpy(), self.output.size)
        return {**super().tally(outputs, batch), "confusion": matrix}

    def score(self, totals: Totals) -> dict[str, float]:
        """Accuracy and the mean F1 of the classes, in percent."""
        return scores(totals["confusion"])

    def baselines(self) -> list[Baseline]:
        """The majority class, and logistic regression on a bag of words."""
        labels, size = self._data["test"].labels, self.output.size
        majority = np.full_like(labels, np.bincount(self._data["train"].labels).argmax())
        guesses = {"majority": majority, "bag of words": bag_of_words.predict(self._data)}
        return [Baseline(name, scores(confusion(labels, guess, size))) for name, guess in guesses.items()]

    def datasets(self) -> tuple[DataSet, ...]:
        """The labelled texts."""
        return self._source.cards

    @cached_property
    def _data(self) -> Mapping[Split, Labelled]:
        """The texts; of those for training the first ones in an order that is the same everywhere."""
        data = dict(self._source.read())
        if self._examples is not None:
            order = np.random.default_rng(0).permutation(len(data["train"].texts))
            data["train"] = data["train"].take(first(order.tolist(), self._examples))
        return data

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return Vocabulary.frequent(self._tokenised["train"], LARGEST_VOCABULARY, RAREST)

    @cached_property
    def _tokenised(self) -> dict[Split, list[list[str]]]:
        return {split: [self._tokens(text) for text in part.texts] for split, part in self._data.items()}

    @cached_property
    def _encoded(self) -> dict[Split, tuple[list[NDArray[np.int64]], NDArray[np.int64]]]:
        return {
            split: ([self._vocabulary.encode(tokens) for tokens in texts], self._data[split].labels)
            for split, texts in self._tokenised.items()
        }
