"""`harness new`: what it writes is complete, and nothing is overwritten."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Command


@pytest.mark.parametrize("kind", ["cell", "task"])
def test_a_whole_distribution_is_written(kind: str, harness: Command) -> None:
    done = harness("new", kind, "my-own-one")
    assert done.code == 0, done.err
    folder = Path("my-own-one")
    written = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert written == {
        ".github/workflows/ci.yml",
        ".gitignore",
        "README.md",
        "harness_my_own_one/__init__.py",
        "harness_my_own_one/my_own_one.py",
        "pyproject.toml",
        "tests/test_my_own_one.py",
    }
    assert all(f"my-own-one/{path}" in done.out for path in written)
    project = tomllib.loads((folder / "pyproject.toml").read_text())
    assert project["project"]["name"] == "harness-my-own-one"
    assert project["project"]["entry-points"] == {"harness": {"harness_my_own_one": "harness_my_own_one"}}
    for path in folder.rglob("*"):
        if path.is_file():
            text = path.read_text()
            assert "${" not in text.replace("${{", ""), path
            if path.suffix == ".py":
                ast.parse(text)
    assert "python-version: ${{ matrix.python }}" in (folder / ".github/workflows/ci.yml").read_text()


def test_the_task_works_as_it_is(harness: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    harness("new", "task", "my-bits")
    monkeypatch.syspath_prepend("my-bits")
    names = ("--cells", "gru", "--tasks", "my-bits:length=4", "--plugin", "harness_my_bits")
    done = harness("run", *names, "--budget", "smoke", "--seeds", 1, "--workers", 0)
    assert done.code == 0, done.err
    assert "50.0 a coin" in done.out


@pytest.mark.parametrize(
    ("name", "proposal"),
    [("My Cell", "my-cell"), ("my_cell", "my-cell"), ("MyCell", "my-cell"), ("3d-cell", "d-cell"), ("a--b", "a-b"),
     ("COM1", "com1-cell"), ("../up", "up"), ("zelle-ä", "zelle"), ("-x", None), ("", None), ("!", None)],
)  # fmt: skip
def test_a_name_that_no_package_can_have_is_refused(name: str, proposal: str | None, harness: Command) -> None:
    done = harness("new", "cell", "--", name)
    assert done.code == 2
    assert f'"{name}" cannot name a cell and its package' in done.err
    assert not proposal or f'For example "{proposal}".' in done.err
    assert [path.name for path in Path.cwd().iterdir()] == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("class", "it is a word of Python"),
        ("none", "it is a word of Python"),
        ("gate", '"Gate" has a meaning in the code'),
        ("cell", '"Cell" has a meaning in the code'),
        ("tensor", '"Tensor" has a meaning in the code'),
        ("test-cell", "pytest would take the class TestCell for a test"),
        ("all", '"all" stands for all of them on the command line'),
        *((name, "Windows takes it for a device, and lets no file have that name") for name in ("con", "nul", "lpt9")),
        ("scratch", "there is a package harness_scratch already"),
    ],
)
def test_a_name_by_which_somebody_means_something_else_is_refused(name: str, reason: str, harness: Command) -> None:
    done = harness("new", "cell", name)
    assert (done.code, done.err) == (2, f'error: "{name}" cannot be used: {reason}. Choose another name.\n')
    assert not Path(name).exists()


@pytest.mark.parametrize(
    "name", ["self", "x", "wu", "hidden-size", "numpy", "match", "a", "gru2", "harness", "con-v", "com10"]
)
def test_a_name_that_only_looks_taken_is_given(name: str, harness: Command) -> None:
    done = harness("new", "cell", name)
    assert done.code == 0, done.err


def test_a_name_is_no_longer_than_a_table_can_show(harness: Command) -> None:
    done = harness("new", "cell", 300 * "a")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "has 300 characters: 40 are the most that a cell can have." in done.err
    assert harness("new", "cell", 40 * "a").code == 0


def test_what_is_to_be_typed_next_can_be_typed(harness: Command) -> None:
    assert "Next: cd 'my work' && pip install" in harness("new", "cell", "my-cell", "my work").out


def test_a_name_that_is_taken_is_refused_with_its_owner(harness: Command) -> None:
    assert 'a cell is called "lstm" already: that of cell-harness' in harness("new", "cell", "lstm").err
    assert 'a task is called "adding" already: that of cell-harness' in harness("new", "task", "adding").err
    assert harness("new", "layer", "x").code == 2


@pytest.mark.parametrize("inside", ["file.txt", ".hidden"])
def test_a_folder_that_is_not_empty_is_left_as_it_is(inside: str, harness: Command) -> None:
    Path("my-cell").mkdir()
    Path("my-cell", inside).write_text("mine")
    done = harness("new", "cell", "my-cell")
    assert done.code == 2
    assert "my-cell is there already, and is no empty folder" in done.err
    assert [path.name for path in Path("my-cell").iterdir()] == [inside]
    Path("file").write_text("mine")
    for place in ("file", "file/below", 300 * "a"):
        assert harness("new", "cell", "my-cell", place).code == 2
    assert Path("file").read_text() == "mine"
    Path("empty").mkdir()
    assert harness("new", "cell", "my-cell", "empty").code == 0
