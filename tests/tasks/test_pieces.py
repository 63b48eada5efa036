"""Pieces of source: where they are cut, and that what is held out is not trained on."""

from __future__ import annotations

import pytest

from harness import HarnessError
from harness_text import pieces
from harness_text.pieces import Piece, cut, split
from harness_text.python_source import label


def file(number: int, lines: int = 20) -> str:
    """A file of its own: lines of 14 characters."""
    return "".join(f"v{number:04}_{line:02} = {line:02}\n" for line in range(lines))


def whole(text: str) -> Piece:
    labels = label(text)
    assert labels is not None
    return Piece(text, labels)


def test_pieces_begin_at_lines_and_have_the_length_that_was_asked_for() -> None:
    text = "abc = 1\nde = 22\nf = 333\n"  # lines begin at 0, 8 and 16
    found = list(cut(whole(text), 10))
    assert [piece.text for piece in found] == ["abc = 1\nde"]  # of the rest, "f = 333\n" is too short
    assert [piece.text for piece in cut(whole(text), 8)] == ["abc = 1\n", "de = 22\n", "f = 333\n"]
    assert all(len(piece.labels) == len(piece.text) for piece in found)


def test_labels_are_those_of_the_whole_file() -> None:
    text = "s = '''\nx = 1\ny = 2\n'''\n"
    second = list(cut(whole(text), 6))[1]
    assert second.text == "x = 1\n"
    assert len(set(second.labels)) == 1, "all of it is string"


def test_no_piece_is_in_two_splits_and_none_comes_twice() -> None:
    licence = "# the same licence in every file, word by word and letter by letter\n" * 3
    parts = split([licence + file(number) for number in range(60)], 50)
    texts = {name: [piece.text for piece in part] for name, part in parts.items()}
    assert all(len(part) == len(set(part)) for part in texts.values())
    assert not set(texts["train"]) & set(texts["validation"])
    assert not (set(texts["train"]) | set(texts["validation"])) & set(texts["test"])
    files = {name: {text.split("_")[0][-5:] for text in part if "_" in text} for name, part in texts.items()}
    assert not files["train"] & files["test"]


def test_the_split_depends_on_contents_and_not_on_their_order() -> None:
    files = [file(number) for number in range(40)]
    assert split(files, 50) == split(list(reversed(files)), 50) == split(files * 2, 50)


def test_no_more_is_read_than_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    labelled: list[str] = []

    def counted(text: str) -> bytes | None:
        labelled.append(text)
        return label(text)

    monkeypatch.setattr(pieces, "label", counted)
    monkeypatch.setattr(pieces, "LIMITS", {"train": 3, "validation": 2, "test": 1})
    parts = split([file(number) for number in range(100)], 50)
    assert {name: len(part) for name, part in parts.items()} == {"train": 3, "validation": 2, "test": 1}
    assert len(labelled) == 3, "each file has five pieces"


def test_what_is_no_python_is_left_out_and_too_little_is_told() -> None:
    good = [file(number) for number in range(30)]
    kept = {piece.text for part in split([*good, "def (:\n" * 40], 50).values() for piece in part}
    assert not any("def" in text for text in kept)
    with pytest.raises(HarnessError, match=r"1 files of Python have no piece of 50 characters for the \w+ set"):
        split([file(0)], 50)
