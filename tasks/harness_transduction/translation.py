"""Translation."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge

from harness import (
    Baseline,
    Batch,
    Embedding,
    Generated,
    HarnessError,
    Metric,
    NotSupportedError,
    Recipe,
    Task,
    Vocabulary,
    bucketed,
    endless,
    first,
)
from harness_transduction import multi30k
from harness_transduction.bleu import bleu, statistics

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from harness import DataSet, Hypotheses, Split, Tensors, Totals
    from harness_transduction.multi30k import Language

    Pair = tuple[list[str], list[str]]

END = "<end>"
WIDTH = 48
"""Of the learned vectors of words."""
SHOWN = 5


class Translation(Task):
    """Translate captions of images between English and German.

    The files are tokenised and in lower case as published; words that are not among the most frequent ones of the
    training set are unknown. A sentence of more than `longest` words is not learnt from; held-out sentences are all
    translated. BLEU is that of sacrebleu over all test sentences, on the tokens as they are, against the whole
    reference. By default the source is read from its end.

    Source: Sutskever, Vinyals and Le 2014, arXiv:1409.3215; Multi30k is of Elliott et al. 2016.
    """

    metrics = (Metric("BLEU", "higher", digits=1), Metric("BLEU, beam", "higher", digits=1))
    topology = "encoder-decoder"
    recipes: ClassVar = {
        "smoke": Recipe(6, 16, 0.01, 400_000, evaluations=1),
        "quick": Recipe(150, 64, 0.008, 400_000, schedule="linear:share=0.4", evaluations=1),
        "full": Recipe(4_000, 64, 0.003, 1_500_000, schedule="linear:share=0.5", dropout=0.2, evaluations=7),
    }

    def __init__(
        self,
        direction: Literal["en-de", "de-en"] = "en-de",
        vocabulary: Annotated[int, Ge(3)] = 2_000,
        longest: Annotated[int, Ge(1)] = 25,
        reverse: bool = True,  # noqa: FBT001, FBT002 - an option of the task
        examples: Annotated[int, Ge(1)] | None = None,
    ) -> None:
        if find_spec("sacrebleu") is None:
            raise NotSupportedError("translation needs sacrebleu: pip install cell-harness[translation].")
        languages: tuple[Language, Language] = ("en", "de") if direction == "en-de" else ("de", "en")
        self._source, self._target = languages
        self._largest = vocabulary
        self._longest = longest
        self._reverse = reverse
        self._examples = examples

    @property
    def encoding(self) -> Embedding:
        """Words of the source, each as a learned vector."""
        return Embedding(self._words[0].size, WIDTH)

    @property
    def output(self) -> Generated:
        """Words of the translation."""
        return Generated(self._words[1].size, WIDTH, longest=40)

    def batches(self, split: Split, batch: int, seed: int) -> Iterator[Batch]:
        """Sentences of similar length together; training sentences shuffled anew in every pass."""
        sources, targets = self._encoded[split]
        if split != "train":
            return bucketed(sources, targets, batch)
        rng = np.random.default_rng(seed)
        return endless(lambda: bucketed(sources, targets, batch, rng))

    def tally(self, outputs: Hypotheses, batch: Tensors) -> Totals:
        """What BLEU is computed from, for both ways of decoding."""
        references = [self._references[pair] for pair in _columns(batch)]
        sums = {"greedy": statistics(self._texts(outputs.greedy), references)}
        return {**sums, "beam": statistics(self._texts(outputs.beam), references)}

    def score(self, totals: Totals) -> dict[str, float]:
        """BLEU in percent."""
        return {"BLEU": bleu(totals["greedy"]), "BLEU, beam": bleu(totals["beam"])}

    def show(self, outputs: Hypotheses, batch: Tensors) -> list[str]:
        """A sentence as it was read, what was written, and the reference, if there is one."""
        lines = []
        for pair, guess in zip(_columns(batch), self._texts(outputs.greedy), strict=True):
            words = self._words[0].decode(pair[0])
            read = " ".join(reversed(words) if self._reverse else words)
            reference = self._references.get(pair)
            lines.append(f"{read}\n  -> {guess}" + (f"\n  == {reference}" if reference else ""))
        return lines[:SHOWN]

    def read(self, prompt: str) -> Batch:
        """A sentence, tokens between spaces.

        Raises:
            HarnessError: it is empty.
        """
        if not prompt.split():
            raise HarnessError("the prompt is empty: give a sentence, with spaces between its tokens.")
        source = self._read(prompt.lower().split())
        nothing = np.zeros((1, 1), dtype=np.int64)
        return Batch(source[:, None], nothing, np.array([len(source)]), np.array([1]))

    def baselines(self) -> list[Baseline]:
        """Repeating the source, and always the sentence whose words are most frequent."""
        references = [" ".join(target) for _, target in self._pairs["test"]]
        guesses = {
            "the source": [" ".join(source) for source, _ in self._pairs["test"]],
            "one sentence": [_typical([target for _, target in self._pairs["train"]])] * len(references),
        }
        return [
            Baseline(name, dict.fromkeys(("BLEU", "BLEU, beam"), bleu(statistics(guess, references))))
            for name, guess in guesses.items()
        ]

    def datasets(self) -> tuple[DataSet, ...]:
        """The sentences of all splits in both languages."""
        return tuple(multi30k.CARDS.values())

    @cached_property
    def _pairs(self) -> Mapping[Split, Sequence[Pair]]:
        parts = {split: multi30k.pairs(split, self._source, self._target) for split in multi30k.FILES}
        short = [pair for pair in parts["train"] if max(map(len, pair)) <= self._longest and min(map(len, pair))]
        order = np.random.default_rng(0).permutation(len(short))
        chosen = first(order.tolist(), self._examples, "training sentences")
        return {**parts, "train": [short[number] for number in chosen]}

    @cached_property
    def _words(self) -> tuple[Vocabulary, Vocabulary]:
        """The words of both languages; the first one of the translation's is its end."""
        sources, targets = zip(*self._pairs["train"], strict=True)
        target = Vocabulary.frequent(targets, self._largest - 1)
        return Vocabulary.frequent(sources, self._largest), Vocabulary((END, *target.symbols))

    @cached_property
    def _encoded(self) -> Mapping[Split, tuple[list[NDArray[np.int64]], list[NDArray[np.int64]]]]:
        return {
            split: (
                [self._read(source) for source, _ in pairs],
                [np.append(self._words[1].encode(target), 0) for _, target in pairs],
            )
            for split, pairs in self._pairs.items()
        }

    @cached_property
    def _references(self) -> dict[tuple[tuple[int, ...], tuple[int, ...]], str]:
        """The translation of each held-out sentence, with no word unknown, by the symbols of both."""
        return {
            (tuple(source.tolist()), tuple(target.tolist())): " ".join(words)
            for split in ("validation", "test")
            for source, target, (_, words) in zip(*self._encoded[split], self._pairs[split], strict=True)
        }

    def _read(self, words: Sequence[str]) -> NDArray[np.int64]:
        numbers = self._words[0].encode(list(words))
        return numbers[::-1].copy() if self._reverse else numbers

    def _texts(self, sentences: Sequence[Sequence[int]]) -> list[str]:
        return [" ".join(self._words[1].decode(sentence)) for sentence in sentences]


def _columns(batch: Tensors) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """The symbols of each sentence of a batch, and of its translation."""
    return list(zip(_cut(batch.inputs, batch.lengths), _cut(batch.targets, batch.target_lengths), strict=True))


def _cut(padded: Tensor, lengths: Tensor | None) -> list[tuple[int, ...]]:
    ends = [len(padded)] * padded.shape[1] if lengths is None else lengths.tolist()
    return [tuple(column[:end]) for column, end in zip(padded.T.tolist(), ends, strict=True)]


def _typical(sentences: Sequence[list[str]]) -> str:
    """The sentence, of the most frequent length, whose words come in most sentences at their places."""
    length = Counter(map(len, sentences)).most_common(1)[0][0]
    places = [Counter(sentence[place] for sentence in sentences if place < len(sentence)) for place in range(length)]
    return " ".join(counts.most_common(1)[0][0] for counts in places)
