"""Vowels: utterances of unequal length as published, each on one side of a split."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist

from harness import Batch, Classes, DataSet, HarnessError, LocalFiles, Real, Tensors
from harness.registry import bind
from harness_signals import vowels
from harness_signals.vowels import Vowels

if TYPE_CHECKING:
    from pathlib import Path

SPLITS: list[Any] = ["train", "validation", "test"]
TEST_SPEAKERS = [31, 35, 88, 44, 29, 24, 40, 50, 29]


@pytest.fixture
def published(text_of: Any) -> Any:
    """The utterances of the two files, and their speakers, where they can be had."""
    return {card: text_of(lambda card=card: vowels.read(card)) for card in (vowels.TRAIN, vowels.TEST)}


def utterances(task: Vowels, split: Any) -> list[tuple[Any, int]]:
    """Each utterance (frames, 12) of a split without padding, and its speaker; of training, the first pass."""
    size = {"train": 216, "validation": 54, "test": 370}[split]
    batch = next(task.batches(split, size, 0))
    assert batch.lengths is not None
    assert len(batch.targets) == size
    return [(batch.inputs[:n, i], int(batch.targets[i])) for i, n in enumerate(batch.lengths)]


def file_of(tmp_path: Path, content: str) -> DataSet:
    path = tmp_path / "made_up.ts"
    path.write_text(content)
    return DataSet(name="made-up", summary="made up", source=LocalFiles(lambda: [path]))


def test_channels_stand_between_colons_and_frames_between_commas(tmp_path: Path) -> None:
    sequences, speakers = vowels.read(file_of(tmp_path, "# no\n@data\n1,2,3:4,5,-6.5:2\n\n7:8:1\n"))
    assert [sequence.tolist() for sequence in sequences] == [[[1, 4], [2, 5], [3, -6.5]], [[7, 8]]]
    assert (speakers.tolist(), speakers.dtype, sequences[0].dtype) == ([1, 0], np.int64, np.float32)


@pytest.mark.parametrize("line", ["1,x:2,3:1", "1,2:3:1", "1,2:3,4:anna", "1,2"])
def test_a_line_that_is_no_utterance_is_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(HarnessError, match="made-up, utterance 2: "):
        vowels.read(file_of(tmp_path, f"1,2:3,4:1\n{line}\n"))


def test_the_files_are_the_published_ones(published: Any) -> None:
    counts = {card.name: np.bincount(speakers).tolist() for card, (_, speakers) in published.items()}
    assert counts == {"vowels-train": [30] * 9, "vowels-test": TEST_SPEAKERS}
    heard = [sequence for sequences, _ in published.values() for sequence in sequences]
    assert {sequence.shape[1] for sequence in heard} == {12}
    assert (min(map(len, heard)), max(map(len, heard))) == (7, 29)


@pytest.mark.usefixtures("published")
def test_a_fifth_of_each_speaker_in_training_is_for_validation_and_nothing_is_shared() -> None:
    task = Vowels()
    parts = {split: utterances(task, split) for split in SPLITS}
    counts = {split: np.bincount([speaker for _, speaker in part]).tolist() for split, part in parts.items()}
    assert counts == {"train": [24] * 9, "validation": [6] * 9, "test": TEST_SPEAKERS}
    assert len({frames.tobytes() for part in parts.values() for frames, _ in part}) == 640
    assert (task.encoding, task.output, task.topology) == (Real(12), Classes(9), "many to one")


def test_coefficients_are_standardised_by_the_training_frames(published: Any) -> None:
    task = Vowels()
    frames = np.concatenate([frames for frames, _ in utterances(task, "train")])
    np.testing.assert_allclose(frames.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(frames.std(axis=0), 1, atol=1e-4)
    raw = published[vowels.TEST][0]
    heard = [frames for frames, _ in utterances(task, "test")]
    order = np.argsort([len(sequence) for sequence in raw], kind="stable")  # held-out utterances come by length
    moved = np.concatenate(heard) - np.concatenate([raw[number] for number in order]) / _deviation(published, task)
    np.testing.assert_allclose(moved, np.broadcast_to(moved[0], moved.shape), atol=1e-3)  # the same shift everywhere


def _deviation(published: Any, task: Vowels) -> Any:
    """Of the published training utterances that are not in the validation set, which is recognised by its shape."""
    sequences, _ = published[vowels.TRAIN]
    kept = [_shape(frames) for frames, _ in utterances(task, "validation")]
    rest = [sequence for sequence in sequences if not any(_alike(_shape(sequence), one) for one in kept)]
    assert len(rest) == 216
    return np.concatenate(rest).std(axis=0)


def _shape(frames: Any) -> Any:
    """An utterance freed of the shift and scale of each channel."""
    return (frames - frames.mean(axis=0)) / frames.std(axis=0)


def _alike(one: Any, other: Any) -> bool:
    return one.shape == other.shape and np.allclose(one, other, atol=1e-3)


@pytest.mark.usefixtures("published")
def test_frames_behind_the_end_are_zero_and_said_to_be_padding() -> None:
    for batch in Vowels().batches("test", 100, 0):
        assert batch.lengths is not None
        assert batch.inputs.dtype == np.float32
        assert batch.inputs.shape == (batch.lengths.max(), len(batch.targets), 12)
        for column, length in enumerate(batch.lengths):
            assert not batch.inputs[length:, column].any()
            assert batch.inputs[length - 1, column].all()


@pytest.mark.usefixtures("published")
def test_fewer_examples_are_among_more_and_leave_the_held_out_sets_alone() -> None:
    def parts(examples: int | None) -> Any:
        return {split: [_shape(frames) for frames in part] for split, (part, _) in tasks[examples].items()}

    tasks = {examples: Vowels(examples)._utterances for examples in (20, 90, None)}
    few, more, everything = (parts(examples) for examples in (20, 90, None))
    assert (len(few["train"]), len(more["train"])) == (20, 90)
    assert all(map(_alike, few["train"], everything["train"]))
    assert all(map(_alike, more["train"], everything["train"]))
    for split in ("validation", "test"):
        assert all(map(_alike, few[split], everything[split]))
        np.testing.assert_array_equal(tasks[20][split][1], tasks[None][split][1])
    assert len(set(tasks[90]["train"][1].tolist())) == 9  # an order that has nothing to do with who speaks
    with pytest.raises(HarnessError, match=r"examples=217 asks for more than there are: 216 utterances\.$"):
        next(Vowels(217).batches("train", 8, 0))


@pytest.mark.usefixtures("published")
def test_the_seed_orders_training_and_nothing_else() -> None:
    def beginning(split: Any, seed: int) -> list[list[int]]:
        return [batch.targets.tolist() for batch in islice(Vowels().batches(split, 16, seed), 14)]

    assert beginning("train", 1) == beginning("train", 1)
    assert beginning("train", 1) != beginning("train", 2)
    assert sorted(sum(beginning("train", 1), [])) == sorted([*range(9)] * 24)  # noqa: RUF017 - 14 batches: a pass
    assert beginning("validation", 1) == beginning("validation", 2)


@pytest.mark.usefixtures("published")
def test_baselines_guess_and_hear_the_mean_frame() -> None:
    task = Vowels()
    majority, nearest = task.baselines()
    assert (majority.name, nearest.name) == ("majority", "nearest mean frame")
    assert majority.scores["accuracy"] == pytest.approx(100 * 31 / 370)  # the speakers are level; the first is taken
    train, test = (
        [(frames.mean(axis=0), who) for frames, who in utterances(task, split)] for split in ("train", "test")
    )
    means = [np.mean([frame for frame, who in train if who == speaker], axis=0) for speaker in range(9)]
    guesses = cdist([frame for frame, _ in test], means).argmin(axis=1)
    assert nearest.scores["accuracy"] == pytest.approx(100 * np.mean(guesses == [who for _, who in test]))
    assert nearest.scores["accuracy"] == pytest.approx(100 * 343 / 370)


@pytest.mark.usefixtures("published")
def test_a_speaker_whom_few_examples_lack_is_never_guessed() -> None:
    task = Vowels(1)
    (_, only), (_, truth) = task._utterances["train"], task._utterances["test"]
    share = 100 * float((truth == only[0]).mean())
    assert [baseline.scores["accuracy"] for baseline in task.baselines()] == pytest.approx([share, share])


def test_accuracy_by_hand() -> None:
    batch = Batch(np.zeros((7, 3, 12)), np.array([8, 0, 4]), np.array([7, 7, 5]))
    totals = Vowels().tally(torch.eye(9)[torch.tensor([8, 1, 4])], Tensors(batch, torch.device("cpu")))
    assert (totals["correct"], totals["count"]) == (2, 3)
    assert Vowels().score(totals)["accuracy"] == pytest.approx(200 / 3)


def test_options_are_checked_and_constructing_reads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vowels, "read", lambda _: pytest.fail("the utterances were read"))
    Vowels(**bind(Vowels, {"examples": "50"}, "vowels"))
    with pytest.raises(HarnessError, match="examples=0 cannot be used"):
        bind(Vowels, {"examples": "0"}, "vowels")
