"""A corpus is a registered one, a file, or the files of a pattern; what is none of these is explained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness import HarnessError, corpus
from harness.registry import install

if TYPE_CHECKING:
    from pathlib import Path

THIRD_PARTY = """
from harness import Corpus, DataSet, LocalFiles, hookimpl
from pathlib import Path

@hookimpl
def harness_datasets():
    here = LocalFiles(lambda: [Path(__file__)])
    return {"my-book": Corpus("my-book", "this very file", here), "no-corpus": DataSet("no-corpus", "", here),
            "lost": "no_such_module:LOST"}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def third_party(tmp_path: Path) -> None:
    path = tmp_path / "books.py"
    path.write_text(THIRD_PARTY)
    install([str(path)])


@pytest.mark.usefixtures("third_party")
def test_a_corpus_of_any_plugin_is_found_by_name() -> None:
    assert corpus("my-book").text() == THIRD_PARTY
    assert corpus("books.py/my-book").name == "my-book"


def test_a_file_is_a_corpus(folder: Path) -> None:
    (folder / "my_book").write_text("Ein Wort: möglich.", encoding="utf-8")
    assert corpus("my_book").text() == "Ein Wort: möglich."
    assert corpus(str(folder / "my_book")).text() == "Ein Wort: möglich."


def test_a_pattern_takes_files_of_all_folders_in_the_order_of_their_names(folder: Path) -> None:
    (folder / "src" / "deep").mkdir(parents=True)
    (folder / "src" / "b.c").write_text("second")
    (folder / "src" / "a.c").write_text("first")
    (folder / "src" / "deep" / "z.c").write_text("third")
    (folder / "src" / "a.h").write_text("no")
    assert corpus("src/**/*.c").text() == "first\nsecond\nthird"


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(folder: Path) -> None:
    (folder / "notes[1].txt").write_text("these")
    (folder / "notes1.txt").write_text("others")
    assert corpus("notes[1].txt").text() == "these"


@pytest.mark.usefixtures("third_party")
def test_a_data_set_that_is_no_corpus_is_told_apart() -> None:
    with pytest.raises(HarnessError, match=r'"no-corpus" is no corpus. Corpora are: .*my-book'):
        corpus("no-corpus")


@pytest.mark.usefixtures("third_party")
def test_an_unknown_name_gets_the_nearest_and_all_others_although_one_is_broken() -> None:
    with pytest.raises(HarnessError) as caught:
        corpus("my-bok")
    assert 'no corpus and no file "my-bok". Did you mean "my-book"? Corpora are: kjv, my-book, python' in str(
        caught.value
    )


def test_a_missing_file_gets_the_nearest_file(folder: Path) -> None:
    (folder / "holiday.txt").write_text("x")
    with pytest.raises(HarnessError, match=r'Did you mean "holiday.txt"\?'):
        corpus("holidays.txt")


def test_a_pattern_without_files_and_a_folder_are_explained(folder: Path) -> None:
    (folder / "src").mkdir()
    with pytest.raises(HarnessError, match=r'^no file matches "src/\*\*/\*.c"\.$'):
        corpus("src/**/*.c")
    with pytest.raises(HarnessError, match=r'"src" is a folder: name a file in it'):
        corpus("src")


def test_what_is_no_text_is_named_with_its_place(folder: Path) -> None:
    (folder / "a.txt").write_text("fine")
    (folder / "b.txt").write_bytes(b"caf\xe9")
    with pytest.raises(HarnessError, match=r"b\.txt is not UTF-8 text: byte 3 is 0xe9"):
        corpus("*.txt").text()
    (folder / "b.txt").write_bytes(b"\x00\x01")
    with pytest.raises(HarnessError, match=r"b\.txt is not text: it has a zero byte"):
        corpus("*.txt").text()
