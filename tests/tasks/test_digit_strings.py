"""Strips of digits: what is on a strip is what its string says, and nothing says where."""

from __future__ import annotations

from itertools import islice, pairwise
from typing import Any

import numpy as np
import pytest
import torch

from harness import Batch, Classes, HarnessError, Real, Tensors
from harness.registry import bind
from harness_images import mnist
from harness_images.digit_strings import DigitStrings

COUNTS: dict[Any, int] = {"validation": 300, "test": 1_000}
SPLITS: list[Any] = ["train", "validation", "test"]


@pytest.fixture
def digits(text_of: Any) -> Any:
    """The digits of each split, where they can be had."""
    return text_of(mnist.read)


def drawn(task: DigitStrings, split: Any, seed: int = 0, batches: int = 3) -> list[tuple[Any, list[int]]]:
    """Strips without padding, and the digits that are said to be on them."""
    return [
        (batch.inputs[:length, column], (batch.targets[:count, column] - 1).tolist())
        for batch in islice(task.batches(split, 50, seed), batches)
        for column, (length, count) in enumerate(zip(batch.lengths, batch.target_lengths, strict=True))  # type: ignore[arg-type]
    ]


def segmented(strip: Any, known: dict[bytes, int], widest: int) -> list[int]:
    """The digits on a strip, found by comparing it with every known image at every column; between them is paper."""
    size, found, column, paper = strip.shape[1], [], 0, 0
    while column < len(strip):
        label = known.get(strip[column : column + size].tobytes())
        if label is None:
            assert not strip[column].any(), "ink outside of an image"
            column, paper = column + 1, paper + 1
            assert paper <= widest
        else:
            found.append(label)
            column, paper = column + size, 0
    return found


@pytest.mark.parametrize("size", [14, 28])
@pytest.mark.parametrize("split", SPLITS)
def test_every_strip_shows_the_digits_of_its_string_from_its_own_split(digits: Any, split: Any, size: Any) -> None:
    own = digits[split].smaller(size)
    known = {
        np.ascontiguousarray(image.T).tobytes(): label for image, label in zip(own.images, own.labels, strict=True)
    }
    strips = drawn(DigitStrings(size=size), split, batches=20)
    for strip, string in strips:
        assert segmented(strip, known, widest=size // 4) == string
    assert {len(string) for _, string in strips} == {1, 2, 3, 4, 5}
    assert len({len(strip) for strip, _ in strips}) > 20


@pytest.mark.usefixtures("digits")
def test_batches_are_padded_with_paper_and_blanks_and_say_where_they_end() -> None:
    task = DigitStrings()
    assert (task.encoding, task.output, task.topology) == (Real(14), Classes(11), "CTC")
    batch = list(task.batches("validation", 32, 0))[4]
    assert batch.lengths is not None
    assert batch.target_lengths is not None
    assert batch.inputs.shape == (batch.lengths.max(), 32, 14)
    assert batch.targets.shape == (batch.target_lengths.max(), 32)
    assert len(np.unique(batch.lengths)) > 1
    for column, (length, count) in enumerate(zip(batch.lengths, batch.target_lengths, strict=True)):
        assert not batch.inputs[length:, column].any()
        assert not batch.targets[count:, column].any()
        assert set(batch.targets[:count, column]) <= set(range(1, 11))


@pytest.mark.usefixtures("digits")
@pytest.mark.parametrize("options", [{}, {"shortest": 12, "longest": 12}])
def test_every_string_has_an_alignment(options: dict[str, int]) -> None:
    task = DigitStrings(**options)  # type: ignore[arg-type]
    for strip, string in drawn(task, "train") + drawn(task, "test", batches=20):
        repeats = sum(one == other for one, other in pairwise(string))  # a blank has to stand between them
        assert len(string) + repeats <= len(strip)


@pytest.mark.usefixtures("digits")
def test_held_out_strips_are_the_same_whatever_the_seed_batch_and_examples() -> None:
    for split, count in COUNTS.items():
        first = drawn(DigitStrings(), split, seed=0, batches=99)
        again = [
            (batch.targets[:n, column] - 1).tolist()
            for batch in DigitStrings(examples=5).batches(split, 17, 9)
            for column, n in enumerate(batch.target_lengths)  # type: ignore[arg-type]
        ]
        assert len(first) == count
        assert [string for _, string in first] == again
    fewer = drawn(DigitStrings(examples=5), "test", batches=99)
    assert all(np.array_equal(a, b) for (a, _), (b, _) in zip(first, fewer, strict=True))


@pytest.mark.usefixtures("digits")
def test_training_strips_are_pasted_afresh_in_an_order_of_the_seed() -> None:
    def strips(seed: int) -> list[bytes]:
        return [strip.tobytes() for strip, _ in drawn(DigitStrings(), "train", seed)]

    assert strips(1) == strips(1)
    assert len(set(strips(1) + strips(2))) == 300


@pytest.mark.usefixtures("digits")
def test_strips_are_pasted_from_few_digits_which_are_among_more() -> None:
    def images(examples: int) -> list[bytes]:
        return [image.tobytes() for image in DigitStrings(examples=examples)._digits["train"].images]

    assert images(5) == images(60)[:5]
    assert len({digit for _, string in drawn(DigitStrings(examples=1), "train") for digit in string}) == 1
    with pytest.raises(HarnessError, match="examples=3501 asks for more than there are: 3,500 training digits"):
        next(DigitStrings(examples=3_501).batches("train", 8, 0))


def batch_of(*strings: list[int], lengths: list[int]) -> Tensors:
    """These symbols as the targets of a batch."""
    targets = np.zeros((max(map(len, strings)), len(strings)), dtype=np.int64)
    for column, string in enumerate(strings):
        targets[: len(string), column] = string
    inputs = np.zeros((max(lengths), len(strings), 14), dtype=np.float32)
    counts = np.array([len(string) for string in strings])
    return Tensors(Batch(inputs, targets, np.array(lengths), counts), torch.device("cpu"))


def sure(*paths: list[int]) -> torch.Tensor:
    """Logits (time, batch, 11) of a network that is sure of these paths."""
    return 50 * torch.eye(11)[torch.tensor(paths).T]


def test_characters_and_strings_by_hand() -> None:
    batch = batch_of([3, 3], [4, 1, 9], [7, 7, 7], lengths=[5, 5, 3])
    # Read are 3 3 (right), 4 2 9 5 (two edits of three) and, of three steps, 7: two more are missing.
    outputs = sure([3, 3, 0, 3, 0], [4, 2, 9, 9, 5], [7, 7, 0, 7, 7])
    totals = DigitStrings().tally(outputs, batch)
    assert totals == {"edits": 4, "edits by beam": 4, "right": 1, "characters": 8, "count": 3}
    assert DigitStrings().score(totals) == pytest.approx(
        {"character error rate": 50.0, "character error rate, beam": 50.0, "strings right": 100 / 3}
    )
    assert DigitStrings().show(outputs, batch) == [
        "read '22', right '22'",
        "read '3184', right '308'",
        "read '6', right '666'",
    ]


def test_beam_search_adds_up_alignments_and_is_scored_apart() -> None:
    # A blank has 0.6 at both steps, symbol 5 has 0.4: nothing has 0.36, but 5 has 0.16 + 0.24 + 0.24 = 0.64.
    outputs = torch.full((2, 1, 11), -50.0)
    outputs[:, 0, 0], outputs[:, 0, 5] = np.log(0.6), np.log(0.4)
    totals = DigitStrings().tally(outputs, batch_of([5], lengths=[2]))
    assert (totals["edits"], totals["edits by beam"], totals["right"]) == (1, 0, 0)


@pytest.mark.usefixtures("digits")
def test_baselines_read_nothing_or_one_digit() -> None:
    task = DigitStrings(shortest=1, longest=2)
    nothing, one = task.baselines()
    assert nothing.scores == {"character error rate": 100.0, "character error rate, beam": 100.0, "strings right": 0.0}
    strings = [string for _, string in drawn(task, "test", batches=99)]
    rates = {  # one character is saved wherever the digit comes
        100 * (1 - sum(digit in string for string in strings) / sum(map(len, strings))): 100
        * sum(string == [digit] for string in strings)
        / 1_000
        for digit in range(10)
    }
    rate = one.scores["character error rate"]
    nearest = min(rates, key=lambda known: abs(known - rate))
    assert rate == pytest.approx(nearest)
    assert one.scores["strings right"] == pytest.approx(rates[nearest])
    assert 3 < one.scores["strings right"] < 7  # half of the strings have one digit: a twentieth is expected


@pytest.mark.usefixtures("digits")
def test_the_default_baseline() -> None:
    _, one = DigitStrings().baselines()
    assert one.scores["character error rate"] == pytest.approx(90.9121, abs=1e-4)
    assert one.scores["strings right"] == 1.3


def test_options_are_checked_and_constructing_reads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mnist, "read", lambda: pytest.fail("the digits were read"))
    DigitStrings(**bind(DigitStrings, {"shortest": "3", "longest": "3", "size": "28"}, "digit-strings"))
    with pytest.raises(HarnessError, match=r"digit-strings: shortest=6 is more than longest=5\.$"):
        DigitStrings(shortest=6)
    for option, value in (("shortest", "0"), ("longest", "0"), ("size", "16"), ("examples", "0")):
        with pytest.raises(HarnessError, match=f"{option}={value} cannot be used"):
            bind(DigitStrings, {option: value}, "digit-strings")
