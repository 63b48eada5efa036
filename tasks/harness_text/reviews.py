"""Sentences of film reviews, positive or negative: the binary Stanford sentiment treebank."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import DataSet
from harness_text.corpora import github
from harness_text.labelled import Labelled, LabelledCorpus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness import Split

CLASSES = ("negative", "positive")


def _card(part: str, sentences: str, size: int, sha256: str) -> DataSet:
    commit = "457ffd83de90a9d6d472d8ffc31bbffe40a8b236"
    return DataSet(
        name=f"sst2-{part}",
        summary=f"{sentences} sentences of film reviews, positive or negative",
        source=github("clairett/pytorch-sentiment-classification", commit, f"data/SST2/{part}.tsv"),
        file=f"sst2-{part}.tsv",
        bytes=size,
        sha256=sha256,
        licence="research use",
        citation="Socher et al. 2013, Recursive deep models for semantic compositionality",
    )


SST2_TRAIN = _card("train", "6,920", 720_259, "ec192f833a64da08f475488a77b0d0b47db47acd0f458bd18433fc793b569920")
SST2_DEV = _card("dev", "872", 92_057, "eddea6b39e601dd4e7a672b53cc40fdf6019fa80522f351206c24340ca5d9359")
SST2_TEST = _card("test", "1,821", 188_749, "831169c7e2e429d6026e1bdbb542f33b636e3e596caad9602ebc953c205928b7")


def read() -> Mapping[Split, Labelled]:
    """The data set's own training, development and test sentences."""
    return {
        "train": Labelled.of(_examples(SST2_TRAIN)),
        "validation": Labelled.of(_examples(SST2_DEV)),
        "test": Labelled.of(_examples(SST2_TEST)),
    }


def _examples(card: DataSet) -> Iterator[tuple[str, int]]:
    for line in card.read().decode("utf-8").splitlines():
        sentence, _, label = line.rpartition("\t")
        yield sentence, int(label)


SST2 = LabelledCorpus(CLASSES, (SST2_TRAIN, SST2_DEV, SST2_TEST), read)
