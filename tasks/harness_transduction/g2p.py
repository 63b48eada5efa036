"""Spelling to phonemes."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from annotated_types import Ge

from harness import (
    Baseline,
    Batch,
    Generated,
    HarnessError,
    Metric,
    OneHot,
    Recipe,
    Task,
    bucketed,
    edit_distance,
    endless,
    first,
)
from harness_transduction import cmudict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from harness import DataSet, Hypotheses, Split, Tensors, Totals

    Pairs = list[tuple[str, tuple[tuple[str, ...], ...]]]

PHONEMES = (
    *("AA", "AE", "AH", "AO", "AW", "AY", "B", "CH", "D", "DH", "EH", "ER", "EY", "F", "G", "HH", "IH", "IY", "JH"),
    *("K", "L", "M", "N", "NG", "OW", "OY", "P", "R", "S", "SH", "T", "TH", "UH", "UW", "V", "W", "Y", "Z", "ZH"),
)
"""Symbol n + 1 is the n-th; 0 ends a pronunciation."""
NUMBERS = {phoneme: number for number, phoneme in enumerate(PHONEMES, start=1)}
LETTERS = "abcdefghijklmnopqrstuvwxyz"
SHOWN = 8


class G2P(Task):
    """Say how an English word is spoken: letters in, phonemes out.

    Words of the letters a to z, without stress marks. Of a word with several pronunciations the first one is learnt,
    and any counts as right: its errors are those to the nearest. 1,000 words are kept for validation and 3,000 for the
    test, chosen by the hash of their spelling. `longest` leaves out words of more letters, and `reverse=true` reads a
    word from its end (Sutskever, Vinyals and Le 2014).

    Source: Rao, Peng, Sak and Beaufays 2015, Grapheme-to-phoneme conversion using long short-term memory recurrent
    neural networks; Yao and Zweig 2015, arXiv:1506.00196, with the encoder-decoder that this is.
    """

    metrics = (
        Metric("phoneme error rate", "lower", digits=1),
        Metric("word error rate", "lower", digits=1),
        Metric("phoneme error rate, beam", "lower", digits=1),
        Metric("word error rate, beam", "lower", digits=1),
    )
    topology = "encoder-decoder"
    encoding = OneHot(len(LETTERS))
    output = Generated(size=len(PHONEMES) + 1, width=24, longest=25)
    recipes: ClassVar = {
        "smoke": Recipe(15, 32, 0.01, 30_000, evaluations=1),
        "quick": Recipe(600, 64, 0.008, 60_000, schedule="linear:share=0.4", evaluations=2),
        "full": Recipe(8_000, 128, 0.003, 400_000, schedule="linear:share=0.5", evaluations=8),
    }

    def __init__(
        self,
        longest: Annotated[int, Ge(3)] = 20,
        reverse: bool = False,  # noqa: FBT001, FBT002 - an option of the task
        examples: Annotated[int, Ge(1)] | None = None,
    ) -> None:
        self._longest = longest
        self._reverse = reverse
        self._examples = examples

    def batches(self, split: Split, batch: int, seed: int) -> Iterator[Batch]:
        """Words of similar length together; training words shuffled anew in every pass."""
        words = [self._letters(word) for word, _ in self._pairs[split]]
        sounds = [_numbers(pronunciations[0]) for _, pronunciations in self._pairs[split]]
        if split != "train":
            return bucketed(words, sounds, batch)
        rng = np.random.default_rng(seed)
        return endless(lambda: bucketed(words, sounds, batch, rng))

    def tally(self, outputs: Hypotheses, batch: Tensors) -> Totals:
        """Errors of both ways of decoding."""
        words = self._words(batch)
        greedy, beam = self._errors(words, outputs.greedy), self._errors(words, outputs.beam)
        return {**greedy, **{f"{name}, beam": value for name, value in beam.items()}}

    def score(self, totals: Totals) -> dict[str, float]:
        """Percent of the phonemes of the nearest pronunciations, and of the words."""
        return {
            f"{unit} error rate{way}": 100 * totals[f"wrong {unit}s{way}"] / totals[f"{unit}s{way}"]
            for way in ("", ", beam")
            for unit in ("phoneme", "word")
        }

    def show(self, outputs: Hypotheses, batch: Tensors) -> list[str]:
        """A word, what was written, and the right pronunciation, if the dictionary has it."""
        lines = []
        for word, guess in zip(self._words(batch), outputs.greedy, strict=True):
            right = self._dictionary.get(word)
            known = f"  (right: {' '.join(right[0])})" if right else ""
            lines.append(f"{word}  {' '.join(PHONEMES[number - 1] for number in guess)}{known}")
        return lines[:SHOWN]

    def read(self, prompt: str) -> Batch:
        """A word.

        Raises:
            HarnessError: it is not of the letters a to z.
        """
        if not re.fullmatch("[a-z]+", prompt):
            raise HarnessError(f'"{prompt}" cannot be read: give one word of the letters a to z.')
        letters = self._letters(prompt)
        nothing = np.zeros((1, 1), dtype=np.int64)
        return Batch(letters[:, None], nothing, np.array([len(letters)]), np.array([1]))

    def baselines(self) -> list[Baseline]:
        """Each letter's most frequent phoneme, and saying nothing."""
        sound_of = _letter_sounds(self._pairs["train"])
        words = [word for word, _ in self._pairs["test"]]
        letterwise = [[sound for sound, _ in groupby(sound_of[letter] for letter in word)] for word in words]
        silence: list[list[int]] = [[] for _ in words]
        guesses = {"a phoneme a letter": letterwise, "nothing": silence}
        return [Baseline(name, self.score(self._both(self._errors(words, guess)))) for name, guess in guesses.items()]

    def datasets(self) -> tuple[DataSet, ...]:
        """The dictionary."""
        return (cmudict.CMUDICT,)

    @cached_property
    def _pairs(self) -> Mapping[Split, Pairs]:
        parts = {
            split: [(word, sounds) for word, sounds in words.items() if len(word) <= self._longest]
            for split, words in cmudict.read().items()
        }
        return {**parts, "train": list(first(parts["train"], self._examples, "training words"))}

    @cached_property
    def _dictionary(self) -> dict[str, tuple[tuple[str, ...], ...]]:
        return {word: sounds for words in cmudict.read().values() for word, sounds in words.items()}

    def _letters(self, word: str) -> NDArray[np.int64]:
        """Letters by number, in the order in which they are read."""
        return np.array([LETTERS.index(letter) for letter in (reversed(word) if self._reverse else word)])

    def _words(self, batch: Tensors) -> list[str]:
        """The words of a batch as they are written."""
        lengths = [len(batch.inputs)] * batch.inputs.shape[1] if batch.lengths is None else batch.lengths.tolist()
        columns = zip(batch.inputs.T.tolist(), lengths, strict=True)
        read = ("".join(LETTERS[number] for number in column[:length]) for column, length in columns)
        return [word[::-1] if self._reverse else word for word in read]

    def _errors(self, words: Iterable[str], guesses: Iterable[Sequence[int]]) -> Totals:
        """Edits to the nearest pronunciation, the phonemes of it, wrong words, and words."""
        edits = phonemes = wrong = count = 0
        for word, guess in zip(words, guesses, strict=True):
            right = [[NUMBERS[sound] for sound in sounds] for sounds in self._dictionary[word]]
            distance, length = min((edit_distance(guess, sounds), -len(sounds)) for sounds in right)
            edits, phonemes, wrong, count = edits + distance, phonemes - length, wrong + (distance > 0), count + 1
        return {"wrong phonemes": edits, "phonemes": phonemes, "wrong words": wrong, "words": count}

    @staticmethod
    def _both(errors: Totals) -> Totals:
        return {**errors, **{f"{name}, beam": value for name, value in errors.items()}}


def _numbers(sounds: Iterable[str]) -> NDArray[np.int64]:
    """Phonemes by number, and the end."""
    return np.array([*(NUMBERS[sound] for sound in sounds), 0])


def _letter_sounds(pairs: Pairs) -> dict[str, int]:
    """The phoneme that stands most often where a letter does, words and pronunciations laid side by side."""
    counts: dict[str, Counter[int]] = defaultdict(Counter)
    for word, pronunciations in pairs:
        sounds = pronunciations[0]
        for place, letter in enumerate(word):
            counts[letter][NUMBERS[sounds[place * len(sounds) // len(word)]]] += 1
    common = sum(counts.values(), Counter()).most_common(1)[0][0]
    return {letter: counts[letter].most_common(1)[0][0] if counts[letter] else common for letter in LETTERS}
