"""Compiled code on disk: who may write it, whose it is, what becomes of it when something goes wrong."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import torch

from harness.modeling.engine.native import build
from harness.modeling.engine.refused import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SOURCE = "int answer(void) { return %d; }"


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "a cache, größer"))
    build._loaded.cache_clear()
    yield tmp_path / "a cache, größer" / "engine"
    build._loaded.cache_clear()


def answer(number: int = 42) -> int:
    build._loaded.cache_clear()
    return int(build.load(SOURCE % number, torch.float32).answer())


def compiled(cache: Path) -> list[Path]:
    return sorted(cache.glob("*.so"))


def test_it_is_compiled_once_and_nothing_else_is_left(cache: Path) -> None:
    assert answer() == 42
    (path,) = compiled(cache)
    before = path.stat()
    assert answer() == 42
    assert path.stat() == before
    assert sorted(file.suffix for file in cache.iterdir()) == [".sha256", ".so"]
    assert cache.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("content", [b"", b"nonsense", None], ids=["empty", "other", "cut short"])
def test_what_was_cut_short_is_made_anew(cache: Path, content: bytes | None) -> None:
    cache.mkdir(parents=True, mode=0o700)
    flags = (*build.FLAGS, "-DSINGLE")
    build._compile(build.find_compiler(), SOURCE % 1, flags, cache / "like.so")
    whole = (cache / "like.so").read_bytes()
    content_of_name = "\0".join([SOURCE % 42, *build.find_compiler(), *flags, build._processor()])
    path = cache / f"{hashlib.sha256(content_of_name.encode()).hexdigest()[:32]}.so"
    path.write_bytes(whole[: len(whole) // 2] if content is None else content)
    assert answer() == 42
    assert path in compiled(cache)


def test_code_of_another_processor_is_not_used(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer()
    monkeypatch.setattr(build, "_processor", lambda: "another one")
    assert answer() == 42
    assert len(compiled(cache)) == 2


def test_a_folder_that_others_can_write_into_is_refused(cache: Path) -> None:
    answer()
    cache.chmod(0o770)
    with pytest.raises(RefusedError, match=r"others can write into the folder for compiled code .*: chmod go-w"):
        answer()
    elsewhere = cache.with_name("elsewhere")
    cache.rename(elsewhere)
    cache.symlink_to(elsewhere)
    with pytest.raises(RefusedError, match="others can write"):
        answer()
    elsewhere.chmod(0o700)
    assert answer() == 42


def test_a_folder_of_somebody_else_is_refused(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer()
    monkeypatch.setattr(os, "geteuid", lambda: cache.stat().st_uid + 1)
    with pytest.raises(RefusedError, match=r"belongs to somebody else .*: set HARNESS_CACHE to your own"):
        answer()


def test_a_folder_that_cannot_be_made_is_told(cache: Path) -> None:
    cache.parent.write_text("a file")
    with pytest.raises(RefusedError, match="the folder for compiled code cannot be made"):
        answer()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_read(cache: Path) -> None:
    answer(1)
    cache.chmod(0o500)
    assert answer(1) == 1
    with pytest.raises(RefusedError, match="could not compile it"):
        answer(2)


@pytest.mark.usefixtures("cache")
def test_a_compiler_with_arguments_or_blanks_in_its_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    compiler = build.find_compiler()[0]
    monkeypatch.setenv("CC", f"{compiler} -DEXTRA=7 -O1")
    assert build.load("int extra(void) { return EXTRA; }", torch.float32).extra() == 7
    mine = tmp_path / "my tools" / "cc"
    mine.parent.mkdir()
    mine.symlink_to(compiler)
    monkeypatch.setenv("CC", str(mine))
    assert build.find_compiler() == [str(mine)]
    monkeypatch.setenv("CC", " ")
    assert build.find_compiler() == [compiler]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("exit 3", "could not compile it: exit code 3"),
        ("printf 'out of \\377 luck\\n' >&2; exit 1", "could not compile it: out of . luck"),
        ("exit 0", "could not compile it: .*No such file"),
        ('while [ "$1" != -o ]; do shift; done; echo junk > "$2"', "cannot be loaded"),
    ],
    ids=["fails", "complains", "makes nothing", "makes junk"],
)
def test_a_compiler_that_does_not_work_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, body: str, message: str
) -> None:
    script = tmp_path / "mycc"
    script.write_text(f"#!/bin/sh\n{body}\n")
    script.chmod(0o755)
    monkeypatch.setenv("CC", str(script))
    with pytest.raises(RefusedError, match=message):
        answer()


@pytest.mark.parametrize("command", ["no-such-compiler", "no-such-compiler -m64", "gcc 'unended"])
def test_no_compiler_is_told(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.setenv("CC", command)
    with pytest.raises(RefusedError, match="there is no C compiler"):
        answer()


def test_processes_that_compile_the_same_at_once_do_not_meet(cache: Path) -> None:
    code = "import torch; from harness.modeling.engine.native import build; "
    code += f"assert build.load({SOURCE % 5!r}, torch.float32).answer() == 5"
    started = [subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE) for _ in range(3)]
    assert [(process.communicate()[1], process.returncode) for process in started] == [(b"", 0)] * 3
    assert len(compiled(cache)) == 1
    assert answer(5) == 5
