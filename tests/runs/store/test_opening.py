"""Folders that are none, that are somebody else's, and that cannot be written."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from stored import RECORD, SPEC

from harness.errors import HarnessError
from harness.runs.store import FILE, Store


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match=f"is no results folder: it has no {FILE}"):
        Store(tmp_path)
    file = tmp_path / "file"
    file.write_text("not a folder")
    with pytest.raises(HarnessError, match="is no results folder: it is a file"):
        Store(file, create=True)
    with pytest.raises(HarnessError, match="is no results folder: it is a file"):
        Store(file / "below", create=True)


def test_a_file_that_is_not_ours_is_refused_and_left_untouched(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"not a database at all, but long enough to be looked at" * 10)
    with pytest.raises(HarnessError, match="damaged, or no results of harness"):
        Store(tmp_path, create=True)
    (tmp_path / FILE).unlink()
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("CREATE TABLE somebody_elses (thing)")
    connection.close()
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(HarnessError, match="was not written by harness"):
        Store(tmp_path, create=True)
    assert (tmp_path / FILE).read_bytes() == before


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)  # file modes do not bind root, who may run this test
    with pytest.raises(HarnessError, match="is read-only: name another one with --out"):
        Store(tmp_path / "results", create=True)


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    store.add(RECORD)
    store.close()
    reader = Store(tmp_path)
    assert reader.runs()[0].scores == {"MSE": 0.25}
    with pytest.raises(HarnessError, match="cannot be written"):
        reader.add(replace(RECORD, spec=replace(SPEC, seed=1)))
    reader.close()
    assert [path.name for path in tmp_path.iterdir()] == [FILE]  # and leaves nothing behind


READ_ONLY = """
import json, os, sys
from pathlib import Path
from harness.errors import HarnessError
from harness.runs.store import Store
folder = Path(sys.argv[1])
if os.getuid() == 0:  # modes do not bind root
    os.setgid(65534)
    os.setuid(65534)
print(len(Store(folder).runs()))
try:
    Store(folder, create=True)
except HarnessError as error:
    print(error)
"""


@pytest.mark.skipif(os.name != "posix", reason="users and modes are those of POSIX")
def test_a_read_only_folder_is_read_and_writing_is_refused_in_a_sentence() -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "results")
        store = Store(folder, create=True)
        store.add(RECORD)
        store.close()
        for path in (Path(place), *Path(place).rglob("*")):
            path.chmod(0o555)
        command = [sys.executable, "-c", READ_ONLY, str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        Path(place).chmod(0o755)
        folder.chmod(0o755)
    told = f"the results folder {folder} is read-only: name another one with --out."
    assert (done.stdout.splitlines(), done.stderr) == (["1", told], "")
