"""Music: the published pieces, the next frame as the target, and a score that padding does not touch."""

from __future__ import annotations

import io
import math
from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch
from scipy.io import savemat

from harness import Binary, HarnessError, Real, Tensors
from harness.registry import bind
from harness_signals import music
from harness_signals.music import KEYS, Music

SPLITS: list[Any] = ["train", "validation", "test"]


@pytest.fixture
def corpora(real_data: None, text_of: Any) -> Any:  # noqa: ARG001 - says where the data is
    """The task on each corpus, where it can be had."""
    tasks = {name: Music(name) for name in ("jsb", "nottingham")}  # type: ignore[arg-type]
    for task in tasks.values():
        text_of(lambda task=task: task.pieces)
    return tasks


def melody(*keys: int) -> Any:
    """A piece (time, 88) in which one key after the other sounds; nothing sounds at -1."""
    piece = np.zeros((len(keys), KEYS), dtype=bool)
    for time, key in enumerate(keys):
        piece[time, key] = key >= 0
    return piece


def made_up(*train: Any, test: Any = ()) -> Music:
    """The task on pieces of our own."""
    task = Music()
    vars(task)["pieces"] = {"train": list(train), "validation": list(test), "test": list(test)}
    return task


def scale(number: int) -> Any:
    """Pieces of 3 to 11 frames that begin at a key of their own."""
    return melody(*range(number, number + 3 + number % 9))


def mat(**parts: Any) -> bytes:
    """A MATLAB file of cell arrays."""
    cells = {}
    for name, pieces in parts.items():
        cells[name] = np.empty((1, len(pieces)), dtype=object)
        cells[name][0, :] = pieces
    file = io.BytesIO()
    savemat(file, cells)
    return file.getvalue()


def test_a_file_is_read_as_its_pieces() -> None:
    one, two = melody(3, 4, 5).astype(float), melody(9, -1).astype(np.uint8)
    pieces = music.read(mat(traindata=[one, two], validdata=[two], testdata=[one]), "made-up")
    assert {split: len(part) for split, part in pieces.items()} == {"train": 2, "validation": 1, "test": 1}
    assert pieces["train"][0].dtype == bool
    np.testing.assert_array_equal(pieces["train"][0], melody(3, 4, 5))
    np.testing.assert_array_equal(pieces["validation"][0], melody(9, -1))


GOOD = mat(traindata=[melody(1, 2)] * 2, validdata=[melody(1, 2)] * 2, testdata=[melody(1, 2)] * 2)


@pytest.mark.parametrize("content", [b"", GOOD[:50], GOOD[:-10], b"x" * 500, mat(other=[melody(1, 2)] * 2)])
def test_what_is_no_file_of_pieces_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(HarnessError, match=r"^made-up is no MATLAB file of pieces: "):
        music.read(content, "made-up")


@pytest.mark.parametrize("piece", [melody(1, 2)[:, 1:], melody(1)])
def test_a_piece_with_other_keys_or_nothing_to_predict_is_refused(piece: Any) -> None:
    fine = [melody(1, 2)] * 2
    with pytest.raises(HarnessError, match="made-up has a piece that is not two or more frames of 88 keys"):
        music.read(mat(traindata=fine, validdata=fine, testdata=[piece, melody(1, 2)]), "made-up")


@pytest.mark.parametrize("split", SPLITS)
def test_targets_are_the_inputs_one_frame_ahead_in_every_piece(split: Any) -> None:
    pieces = {scale(number).tobytes() for number in range(20)}
    task = made_up(*map(scale, range(20)), test=[scale(number) for number in range(20)])
    seen = set()
    for batch in islice(task.batches(split, 6, 0), 4):
        assert batch.lengths is not None
        assert (batch.inputs.dtype, batch.targets.dtype) == (np.float32, bool)
        assert batch.inputs.shape == batch.targets.shape == (batch.lengths.max(), len(batch.lengths), KEYS)
        for column, length in enumerate(batch.lengths):
            inputs, targets = batch.inputs[:, column].astype(bool), batch.targets[:, column]
            np.testing.assert_array_equal(inputs[1:length], targets[: length - 1])
            seen.add(np.concatenate([inputs[:1], targets[:length]]).tobytes())
            assert not inputs[length:].any()
    assert seen == pieces  # 4 batches are a pass: each piece whole


def test_a_padded_batch_counts_like_its_pieces_one_by_one() -> None:
    task = made_up(test=[scale(number) for number in (0, 4, 8)])  # 3, 7 and 11 frames
    (batch,) = (Tensors(batch, torch.device("cpu")) for batch in task.batches("test", 3, 0))
    logits = torch.randn(batch.targets.shape, generator=torch.Generator().manual_seed(0))
    nats = [
        sum(
            math.log1p(math.exp(-logit if sounds else logit))
            for row, truth in zip(logits[:length, column].tolist(), batch.targets[:, column].tolist(), strict=False)
            for logit, sounds in zip(row, truth, strict=True)
        )
        for column, length in enumerate((2, 6, 10))
    ]
    totals = task.tally(logits, batch)
    assert totals["count"] == 18
    assert totals["loss"] == pytest.approx(sum(nats))
    assert task.score(totals) == pytest.approx({"NLL": sum(nats) / 18})
    assert task.loss(logits, batch).item() == pytest.approx(sum(nats) / 18)
    logits[2:, 0], logits[6:, 1] = 1e4, -1e4  # what is said about padding
    assert task.tally(logits, batch) == pytest.approx(totals)


def test_knowing_nothing_costs_88_ln_2_a_frame() -> None:
    task = made_up(test=[scale(5)])
    batch = Tensors(next(task.batches("test", 1, 0)), torch.device("cpu"))
    totals = task.tally(torch.zeros(batch.targets.shape), batch)
    assert task.score(totals)["NLL"] == pytest.approx(88 * math.log(2))


def test_baselines_by_hand() -> None:
    # Of three frames that follow another, key 0 sounds in two: (2 + 1/2) / (3 + 1). After silence it does both times.
    task = made_up(melody(-1, 0, -1, 0), test=[melody(-1, 0)])
    bernoulli, bigram = task.baselines()
    assert (bernoulli.name, bigram.name) == ("Bernoulli a key", "bigram a key")
    others = -87 * math.log(1 - 0.5 / 4)
    assert bernoulli.scores["NLL"] == pytest.approx(-math.log(2.5 / 4) + others)
    assert bigram.scores["NLL"] == pytest.approx(-math.log(2.5 / 3) + others)


def test_the_seed_orders_training_and_nothing_else() -> None:
    task = made_up(*map(scale, range(40)), test=[scale(number) for number in range(40)])

    def beginning(split: Any, seed: int) -> list[bytes]:
        return [batch.inputs.tobytes() for batch in islice(task.batches(split, 8, seed), 5)]

    assert beginning("train", 1) == beginning("train", 1)
    assert beginning("train", 1) != beginning("train", 2)
    assert beginning("test", 1) == beginning("test", 2)
    assert Music.causal  # a frame must not be predicted from later ones
    assert (Music.encoding, Music.output) == (Real(88), Binary(88))


@pytest.mark.parametrize(
    ("name", "sizes", "in_two_splits"), [("jsb", [229, 76, 77], 0), ("nottingham", [694, 173, 170], 2)]
)
def test_pieces_are_split_as_published(corpora: Any, name: str, sizes: list[int], in_two_splits: int) -> None:
    pieces = corpora[name].pieces
    assert [len(pieces[split]) for split in SPLITS] == sizes
    assert {piece.shape[1] for part in pieces.values() for piece in part} == {88}
    apart = [{piece.tobytes() for piece in pieces[split]} for split in SPLITS]
    shared = [apart[0] & apart[1], apart[0] & apart[2], apart[1] & apart[2]]
    assert sum(map(len, shared)) == in_two_splits  # tunes that the published split has twice


@pytest.mark.parametrize(("name", "bernoulli", "bigram"), [("jsb", 11.091, 10.491), ("nottingham", 10.261, 5.153)])
def test_baselines_on_the_published_pieces(corpora: Any, name: str, bernoulli: float, bigram: float) -> None:
    scores = [baseline.scores["NLL"] for baseline in corpora[name].baselines()]
    assert scores == pytest.approx([bernoulli, bigram], abs=5e-4)


def test_fewer_pieces_are_among_more_and_leave_the_held_out_sets_alone(corpora: Any) -> None:
    few, everything = Music("jsb", examples=20).pieces, corpora["jsb"].pieces
    assert len(few["train"]) == 20
    assert all(map(np.array_equal, few["train"], everything["train"]))
    for split in ("validation", "test"):
        assert all(map(np.array_equal, few[split], everything[split]))
    with pytest.raises(HarnessError, match=r"examples=230 asks for more than there are: 229 training pieces\.$"):
        next(Music("jsb", examples=230).batches("train", 8, 0))


def test_options_are_checked_and_constructing_reads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(music, "read", lambda *_: pytest.fail("the pieces were read"))
    Music(**bind(Music, {"corpus": "nottingham", "examples": "9"}, "music"))
    with pytest.raises(HarnessError, match="'jsb' or 'nottingham'"):
        bind(Music, {"corpus": "piano-midi"}, "music")
    with pytest.raises(HarnessError, match="examples=0 cannot be used"):
        bind(Music, {"examples": "0"}, "music")
