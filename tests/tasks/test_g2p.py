"""Spelling to phonemes: what is learnt, what counts as right, and which words are kept apart."""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch

from harness import HarnessError, Hypotheses, Tensors
from harness_transduction import cmudict
from harness_transduction.g2p import G2P, LETTERS, NUMBERS, PHONEMES

DICTIONARY = """
read R EH1 D
read(2) R IY1 D # the present
read(3) R EH0 D
cat K AE1 T
o'clock AH0 K L AA1 K
a.m. EY2 EH1 M
eight EY1 T
"""


def sounds(text: str) -> list[int]:
    return [NUMBERS[sound] for sound in text.split()]


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dictionary of three words, the same in each split."""
    parsed = cmudict.parse(DICTIONARY)
    monkeypatch.setattr(cmudict, "read", lambda: dict.fromkeys(("train", "validation", "test"), parsed))


@pytest.fixture
def dictionary(text_of: Any) -> Any:
    """The words of each split, where they can be had."""
    return text_of(cmudict.read)


def test_stress_comments_and_words_of_other_signs_are_left_out() -> None:
    assert cmudict.parse(DICTIONARY) == {
        "read": (("R", "EH", "D"), ("R", "IY", "D")),
        "cat": (("K", "AE", "T"),),
        "eight": (("EY", "T"),),
    }


@pytest.mark.usefixtures("words")
def test_letters_go_in_and_the_first_pronunciation_and_an_end_come_out() -> None:
    batch = next(G2P().batches("test", 8, 0))
    read = [
        "".join(LETTERS[n] for n in column[:length])
        for column, length in zip(batch.inputs.T, batch.lengths, strict=False)
    ]  # type: ignore[arg-type]
    assert read == ["cat", "read", "eight"]
    assert batch.targets.T.tolist() == [[*sounds("K AE T"), 0], [*sounds("R EH D"), 0], [*sounds("EY T"), 0, 0]]
    assert batch.target_lengths is not None
    assert batch.target_lengths.tolist() == [4, 4, 3]


@pytest.mark.usefixtures("words")
def test_a_word_can_be_read_from_its_end_and_is_told_as_it_is_written() -> None:
    task = G2P(reverse=True)
    batch = next(task.batches("test", 8, 0))
    assert "".join(LETTERS[n] for n in batch.inputs[:3, 0]) == "tac"
    nothing: list[list[int]] = [[], [], []]
    assert task.show(Hypotheses([sounds("K T"), [], []], nothing), Tensors(batch, torch.device("cpu")))[0] == (
        "cat  K T  (right: K AE T)"
    )


@pytest.mark.usefixtures("words")
def test_any_pronunciation_is_right_and_errors_are_those_to_the_nearest() -> None:
    task = G2P()
    batch = Tensors(next(task.batches("test", 8, 0)), torch.device("cpu"))  # cat, read, eight: 3 + 3 + 2 phonemes
    greedy = [sounds("K AH T S"), sounds("R IY D"), sounds("EY T")]  # two edits; right by the second; right
    beam = [sounds("K AE T"), [], sounds("EY")]  # right; three edits; one
    scores = task.score(task.tally(Hypotheses(greedy, beam), batch))
    assert scores == pytest.approx({
        "phoneme error rate": 100 * 2 / 8,
        "word error rate": 100 / 3,
        "phoneme error rate, beam": 100 * 4 / 8,
        "word error rate, beam": 200 / 3,
    })  # fmt: skip


@pytest.mark.usefixtures("words")
def test_saying_nothing_misses_every_phoneme() -> None:
    nothing = next(baseline for baseline in G2P().baselines() if baseline.name == "nothing")
    assert set(nothing.scores.values()) == {100.0}


def test_no_word_is_in_two_splits_and_training_words_are_as_many_as_asked_for(dictionary: Any) -> None:
    train, validation, test = (set(dictionary[split]) for split in ("train", "validation", "test"))
    assert (len(validation), len(test)) == (1_000, 3_000)
    assert train.isdisjoint(validation)
    assert train.isdisjoint(test)
    assert validation.isdisjoint(test)
    assert {sound for words in dictionary.values() for ways in words.values() for way in ways for sound in way} <= set(
        PHONEMES
    )
    few = G2P(examples=7)
    told = {tuple(c) for b in islice(few.batches("train", 7, 0), 5) for c in np.pad(b.inputs, ((0, 9), (0, 0)))[:9].T}
    assert len(told) == 7
    with pytest.raises(HarnessError, match=r"examples=200000 asks for more than there are: 113,\d\d\d training words"):
        next(G2P(examples=200_000).batches("train", 7, 0))


@pytest.mark.parametrize("prompt", ["", "Hello", "hello world", "naïve", "x1"])
def test_what_is_no_word_cannot_be_read(prompt: str) -> None:
    with pytest.raises(HarnessError, match="give one word of the letters a to z"):
        G2P().read(prompt)
