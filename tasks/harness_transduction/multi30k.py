"""Multi30k: captions of images in English, and their translations into German."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from harness import Address, DataSet, HarnessError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness import Split

Language = Literal["en", "de"]
REPOSITORY = (
    "https://raw.githubusercontent.com/multi30k/dataset/a3d2e0d26b56f3846f66a952536ffed4e401d05a/data/task1/tok"
)
FILES: Mapping[Split, tuple[str, str]] = {
    "train": ("train", "train.lc.norm.tok"),
    "validation": ("val", "val.lc.norm.tok"),
    "test": ("test", "test_2016_flickr.lc.norm.tok"),
}


def _card(split: Split, language: Language, sentences: str, size: int, sha256: str) -> DataSet:
    name, file = FILES[split]
    return DataSet(
        name=f"multi30k-{name}-{language}",
        summary=f"Multi30k, task 1: {sentences} captions in {'English' if language == 'en' else 'German'}",
        source=Address(f"{REPOSITORY}/{file}.{language}"),
        file=f"multi30k-{name}.{language}",
        bytes=size,
        sha256=sha256,
        licence="research use",
        citation="Elliott, Frank, Sima'an and Specia 2016, Multi30K: multilingual English-German image descriptions",
    )


CARDS: Mapping[tuple[Split, Language], DataSet] = {
    ("train", "en"): _card(
        "train", "en", "29,000", 1_837_696, "08925f8e0572bcd5a006702fc5fe20e2d77c6917d4eebd576fc20de6693c2119"
    ),
    ("train", "de"): _card(
        "train", "de", "29,000", 2_150_008, "cb5a23529b65ec2061f1dc446192a9c37382b63cc75f81a0be59d34894b3a505"
    ),
    ("validation", "en"): _card(
        "validation", "en", "1,014", 64_608, "46573ce391ae227f1c72f873392436a20ef18e0a6d518098cfbd70b77c8572ec"
    ),
    ("validation", "de"): _card(
        "validation", "de", "1,014", 77_273, "97232bd273eceb7207f689527386a97e4be2616b18ada47576bdaf96c8ae1f00"
    ),
    ("test", "en"): _card(
        "test", "en", "1,000", 63_307, "5b7f32627cf99eced828311b955dae9800bb52bc8b91cf8b6526829e605b29d2"
    ),
    ("test", "de"): _card(
        "test", "de", "1,000", 71_917, "c6a33d39d48f9f510de147651316cd9d918e09ad0219df734a2f16b6baccacc4"
    ),
}
DATASETS = {card.name: card for card in CARDS.values()}


def read(split: Split, language: Language) -> list[str]:
    """The sentences of a split, tokens between spaces."""
    return CARDS[split, language].read().decode().splitlines()


def pairs(split: Split, source: Language, target: Language) -> list[tuple[list[str], list[str]]]:
    """The tokens of each sentence and of its translation.

    Raises:
        HarnessError: the files do not have as many lines as each other.
    """
    sources, targets = read(split, source), read(split, target)
    if len(sources) != len(targets):
        raise HarnessError(f"Multi30k, {split}: {len(sources):,} sentences, and {len(targets):,} translations.")
    return [(one.split(), other.split()) for one, other in zip(sources, targets, strict=True)]
