"""Who is speaking."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from annotated_types import Ge

from harness import (
    Baseline,
    Classes,
    DataSet,
    HarnessError,
    Metric,
    Real,
    Recipe,
    Task,
    WheelMember,
    bucketed,
    endless,
    first,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from harness import Batch, Split, Totals

    Utterances = tuple[list[NDArray[np.float32]], NDArray[np.int64]]

CHANNELS, SPEAKERS = 12, 9
VALIDATION_SHARE = 0.2
"""Of the utterances of each speaker in the published training set."""


def _card(part: str, utterances: int, size: int, sha256: str) -> DataSet:
    return DataSet(
        name=f"vowels-{part.lower()}",
        summary=f"Japanese Vowels: {utterances} utterances of nine speakers, 12 cepstrum coefficients a frame",
        source=WheelMember(
            distribution="aeon",
            version="1.6.0",
            sha256="d05227086706f80111ac5fee8de4d5d3115bb3bcfd1c786c8629393055816409",
            member=f"aeon/datasets/data/JapaneseVowels/JapaneseVowels_{part}.ts",
        ),
        file=f"JapaneseVowels_{part}.ts",
        bytes=size,
        sha256=sha256,
        licence="BSD-3-Clause; UCI machine learning repository",
        citation="Kudo, Toyama and Shimbo 1999, Multidimensional curve classification using passing-through regions",
    )


TRAIN = _card("TRAIN", 270, 487_971, "68a430eabd919cc77f40b1f5f3bc0dcafacc1486bca9260785aeb7d262cc78cd")
TEST = _card("TEST", 370, 649_132, "b3d41d6a0ca3bcad3afb9ca7d4365382aa51341e2e58bae2a574babdda5b9462")


class Vowels(Task):
    """Say which of nine speakers utters two Japanese vowels, from 7 to 29 frames of 12 cepstrum coefficients.

    The test set is the published one; of the published training set a fifth of each speaker's utterances is kept for
    validation. Coefficients are standardised by the mean and deviation of the training frames.

    Source: Kudo, Toyama and Shimbo 1999, Multidimensional curve classification using passing-through regions.
    """

    metrics = (Metric("accuracy", "higher", digits=1),)
    topology = "many to one"
    encoding = Real(CHANNELS)
    output = Classes(SPEAKERS)
    recipes: ClassVar = {
        "smoke": Recipe(20, 32, 0.01, 10_000, evaluations=2),
        "quick": Recipe(500, 32, 0.005, 10_000, schedule="linear:share=0.5", dropout=0.3, evaluations=10),
        "full": Recipe(3_000, 32, 0.003, 20_000, schedule="linear:share=0.5", dropout=0.3, evaluations=30),
    }

    def __init__(self, examples: Annotated[int, Ge(1)] | None = None) -> None:
        self._examples = examples

    def batches(self, split: Split, batch: int, seed: int) -> Iterator[Batch]:
        """Utterances of similar length together; training utterances shuffled anew in every pass."""
        sequences, speakers = self._utterances[split]
        if split != "train":
            return bucketed(sequences, speakers, batch)
        rng = np.random.default_rng(seed)
        return endless(lambda: bucketed(sequences, speakers, batch, rng))

    def score(self, totals: Totals) -> dict[str, float]:
        """Accuracy in percent."""
        return {"accuracy": 100 * totals["correct"] / totals["count"]}

    def baselines(self) -> list[Baseline]:
        """The majority class, and the speaker whose mean frame is nearest, which knows no order at all."""
        (train, speakers), (test, truth) = self._utterances["train"], self._utterances["test"]
        known = np.unique(speakers)
        frames, heard = (np.stack([sequence.mean(axis=0) for sequence in part]) for part in (train, test))
        means = np.stack([frames[speakers == speaker].mean(axis=0) for speaker in known])  # (speakers, channels)
        nearest = known[((heard[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)]
        guesses = {"majority": np.bincount(speakers).argmax(), "nearest mean frame": nearest}
        return [Baseline(name, {"accuracy": 100 * float((guess == truth).mean())}) for name, guess in guesses.items()]

    def datasets(self) -> tuple[DataSet, ...]:
        """The utterances."""
        return TRAIN, TEST

    @cached_property
    def _utterances(self) -> Mapping[Split, Utterances]:
        sequences, speakers = read(TRAIN)
        order = sorted(range(len(speakers)), key=lambda number: hashlib.sha256(sequences[number].tobytes()).digest())
        kept = _kept(speakers[order])
        chosen = first([n for n, keep in zip(order, kept, strict=True) if not keep], self._examples, "utterances")
        frames = np.concatenate([sequences[number] for number in chosen])
        mean, deviation = frames.mean(axis=0), frames.std(axis=0) + 1e-8

        def some(numbers: list[int]) -> Utterances:
            return [(sequences[number] - mean) / deviation for number in numbers], speakers[numbers]

        test, truth = read(TEST)
        return {
            "train": some(list(chosen)),
            "validation": some([n for n, keep in zip(order, kept, strict=True) if keep]),
            "test": ([(sequence - mean) / deviation for sequence in test], truth),
        }


def read(card: DataSet) -> Utterances:
    """The utterances (frames, 12) of a file, and the numbers of their speakers.

    In a line of the file the channels stand between colons, and the speaker behind the last one; in a channel, the
    values of its frames between commas.

    Raises:
        HarnessError: a line is not like that.
    """
    sequences, speakers = [], []
    lines = [line for line in card.read().decode().splitlines() if line and line[0] not in "#@"]
    for number, line in enumerate(lines, start=1):
        *channels, speaker = line.split(":")
        try:
            values = np.array([channel.split(",") for channel in channels], dtype=np.float32)
            speakers.append(int(speaker) - 1)
        except ValueError as error:
            raise HarnessError(f"{card.name}, utterance {number}: {error}.") from error
        sequences.append(np.ascontiguousarray(values.T))
    return sequences, np.array(speakers, dtype=np.int64)


def _kept(speakers: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which utterances are for validation: the first ones of each speaker."""
    kept = np.zeros(len(speakers), dtype=bool)
    for speaker in range(SPEAKERS):
        own = np.flatnonzero(speakers == speaker)
        kept[own[: round(VALIDATION_SHARE * len(own))]] = True
    return kept
