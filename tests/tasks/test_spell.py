"""Spelling: every image comes with the English word for its digit, and whole words are what counts."""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch

from harness import Batch, Generated, HarnessError, Hypotheses, Real, Tensors
from harness.registry import bind
from harness_images import mnist
from harness_images.spell import LETTERS, Spell

ENGLISH = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
SIZES: dict[Any, int] = {"train": 3_500, "validation": 500, "test": 1_000}


@pytest.fixture
def digits(text_of: Any) -> Any:
    """The digits of each split, where they can be had."""
    return text_of(mnist.read)


def symbols(word: str) -> list[int]:
    return [LETTERS.index(letter) for letter in word]


def batch_of(*words: str) -> Tensors:
    """These words as the targets of a batch."""
    targets = np.zeros((6, len(words)), dtype=np.int64)
    for column, word in enumerate(words):
        targets[: len(word), column] = symbols(word)
    lengths = np.array([len(word) + 1 for word in words])
    return Tensors(Batch(np.zeros((len(words), 196)), targets, target_lengths=lengths), torch.device("cpu"))


def written(*words: str) -> list[list[int]]:
    return [symbols(word) for word in words]


def test_the_letters_are_those_of_the_ten_words() -> None:
    assert list(LETTERS) == ["", *"efghinorstuvwxz"]
    assert Spell.output == Generated(size=16, width=16, longest=8)
    assert Spell.topology == "one to many"


@pytest.mark.parametrize("split", SIZES)
def test_every_image_carries_the_word_for_its_digit_and_the_end(digits: Any, split: Any) -> None:
    shown = {image.tobytes(): label for image, label in zip(digits[split].images, digits[split].labels, strict=True)}
    batch = next(Spell(size=28).batches(split, SIZES[split], seed=0))
    assert batch.inputs.shape == (SIZES[split], 784)
    assert batch.inputs.dtype == np.float32
    assert batch.target_lengths is not None
    met = set()
    for image, target, length in zip(batch.inputs, batch.targets.T, batch.target_lengths, strict=True):
        word = ENGLISH[shown[image.tobytes()]]
        assert "".join(LETTERS[symbol] for symbol in target[: length - 1]) == word
        assert not target[length - 1 :].any()  # the end symbol, then padding
        assert length == len(word) + 1
        met.add(image.tobytes())
    assert met == set(shown)  # the images of the same split of `digits`, each once


@pytest.mark.usefixtures("digits")
def test_a_smaller_image_is_a_shorter_vector() -> None:
    batch = next(Spell().batches("validation", 7, 0))
    assert batch.inputs.shape == (7, 14 * 14)
    assert (Spell().encoding, Spell(size=28).encoding) == (Real(196), Real(784))


@pytest.mark.usefixtures("digits")
def test_the_seed_orders_training_and_nothing_else() -> None:
    task = Spell()
    same, again, other = (next(task.batches("train", 100, seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(same.inputs, again.inputs)
    assert not np.array_equal(same.inputs, other.inputs)
    first, second = (np.concatenate([b.inputs for b in task.batches("test", n, n)]) for n in (64, 1_000))
    np.testing.assert_array_equal(first, second)


@pytest.mark.usefixtures("digits")
def test_fewer_examples_are_among_more_and_leave_the_held_out_sets_alone() -> None:
    def images(examples: int | None, split: Any) -> list[bytes]:
        return [image.tobytes() for image in Spell(examples=examples)._images[split][0]]

    assert images(20, "train") == images(300, "train")[:20] == images(None, "train")[:20]
    assert (len(images(20, "train")), len(images(None, "train"))) == (20, 3_500)
    for split in ("validation", "test"):
        assert images(20, split) == images(None, split)
    seen = {image.tobytes() for batch in islice(Spell(examples=20).batches("train", 8, 0), 9) for image in batch.inputs}
    assert seen == set(images(20, "train"))
    with pytest.raises(HarnessError, match="examples=3501 asks for more than there are: 3,500"):
        next(Spell(examples=3_501).batches("train", 8, 0))


def test_words_and_letters_by_hand() -> None:
    task, batch = Spell(), batch_of("one", "two", "three", "nine")
    greedy = written("one", "tow", "thre", "nineteen")  # edits 0, 2, 1 and 4 of 3 + 3 + 5 + 4 letters
    beam = written("one", "two", "three", "six")
    totals = task.tally(Hypotheses(greedy, beam), batch)
    assert totals == {"right": 1, "right by beam": 3, "edits": 7, "letters": 15, "count": 4}
    assert task.score(totals) == pytest.approx(
        {"words right": 25.0, "words right, beam": 75.0, "letter error rate": 100 * 7 / 15}
    )


def test_a_word_that_goes_on_is_not_right() -> None:
    totals = Spell().tally(Hypotheses(written("sixs", ""), written("sixs", "")), batch_of("six", "six"))
    assert (totals["right"], totals["right by beam"], totals["edits"]) == (0, 0, 1 + 3)


def test_answers_are_shown_as_words() -> None:
    outputs = Hypotheses(written("one", "tow", ""), written("one", "two", "six"))
    lines = Spell().show(outputs, batch_of("one", "two", "six"))
    assert lines == ["wrote 'one', right 'one'", "wrote 'tow', right 'two'", "wrote '', right 'six'"]
    many = Hypotheses(written(*["one"] * 30), written(*["one"] * 30))
    assert len(Spell().show(many, batch_of(*["one"] * 30))) < 10


@pytest.mark.usefixtures("digits")
def test_always_the_same_word_is_right_for_one_image_in_ten() -> None:
    (majority,) = Spell().baselines()
    assert majority.name == "majority"
    # All classes are equally frequent; the first one met is "seven": 4, 4, 5, 4, 5, 3, 4, 0, 5 and 4 edits of 40.
    expected = {"words right": 10.0, "words right, beam": 10.0, "letter error rate": 100 * 38 / 40}
    assert majority.scores == pytest.approx(expected)


def test_options_are_checked_and_constructing_reads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mnist, "read", lambda: pytest.fail("the digits were read"))
    Spell(**bind(Spell, {"size": "28", "examples": "1"}, "spell"))
    with pytest.raises(HarnessError, match="28 or 14"):
        bind(Spell, {"size": "7"}, "spell")
    with pytest.raises(HarnessError, match="examples=0 cannot be used"):
        bind(Spell, {"examples": "0"}, "spell")
