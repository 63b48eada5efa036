from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Command


def test_cells_are_listed_a_line_each_with_source_and_origin(harness: Command, plugin: str) -> None:
    done = harness("cells", "--plugin", plugin)
    assert done.code == 0
    (line,) = [line for line in done.out.splitlines() if line.startswith("plain ")]
    assert line.split()[1:5] == ["A", "vanilla", "cell", "nobody"]
    assert "third_party.py" in line
    assert any(line.startswith("lstm ") and "cell-harness 0.1.0" in line for line in done.out.splitlines())


def test_one_cell_is_told_in_full(harness: Command) -> None:
    done = harness("cells", "gru")
    assert "options: reset (before)" in done.out
    assert "    h' = z ⊙ h + (1 - z) ⊙ n\n" in done.out
    assert "- reset: whether the reset gate r acts before or after the recurrent product." in done.out
    assert "arXiv:1406.1078" in done.out
    assert harness("cells", "grru").err.startswith('error: no cell is called "grru". Did you mean "gru"?')


def test_tasks_are_listed_with_their_options(harness: Command) -> None:
    listed = {entry["name"]: entry for entry in json.loads(harness("tasks", "--json").out)}
    assert listed["adding"]["options"] == {"length": "100", "marks": "anywhere"}
    assert {"char-lm", "sentiment"} <= listed.keys()


def test_plugins_are_listed_and_broken_ones_named(harness: Command, tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("1 / 0\n")
    done = harness("plugins", "--plugin", tmp_path / "broken.py")
    assert done.code == 2
    lines = {line.split()[0]: " ".join(line.split()[1:]) for line in done.out.splitlines() if line.strip()}
    assert lines["harness_scratch"].startswith("8 cells")
    assert lines["harness_transduction"].startswith("2 tasks, 7 data sets")
    assert "broken.py" in done.err
    assert "ZeroDivisionError: division by zero" in done.err


REFUSING = """
from harness import NotSupportedError, hookimpl

@hookimpl
def harness_cells():
    return {"fickle": NotSupportedError("it needs a moon")}
"""


def test_a_cell_that_cannot_be_used_is_listed_with_the_reason(harness: Command, tmp_path: Path) -> None:
    (tmp_path / "refusing.py").write_text(REFUSING)
    done = harness("cells", "--plugin", tmp_path / "refusing.py")
    assert done.code == 0
    assert "! fickle cannot be used: it needs a moon" in done.out
    listed = {entry["name"]: entry for entry in json.loads(harness("cells", "--json").out)}
    assert listed["fickle"]["reason"] == "it needs a moon"
    assert listed["lstm"]["reason"] == ""
    refused = harness("run", "--cells", "fickle", "--tasks", "adding")
    assert refused.code == 2
    assert "cannot be used: it needs a moon" in refused.err


@pytest.mark.parametrize(
    ("citation", "short"),
    [
        ("Le, Jaitly and Hinton 2015, A simple way, arXiv:1504.00941", "Le 2015"),
        ("sequence labelling of Graves 2012, Supervised sequence labelling", "Graves 2012"),
        ("Cho et al. 2014, Learning phrase representations", "Cho 2014"),
        ("the example of Keras (Chollet 2015), lstm_text_generation.py", "Chollet 2015"),
        ("arXiv:1911.11033", "arXiv:1911.11033"),
        ("https://www.nature.com/articles/1, and more", "nature.com/articles/1"),
        ("torch.nn.LSTM; nobody", "torch.nn.LSTM"),
    ],
)
def test_a_citation_is_shortened_to_who_and_when(citation: str, short: str) -> None:
    from harness.cli.listing import _short

    assert _short(citation) == short


def test_named_recipes_are_listed_with_what_they_set(harness: Command) -> None:
    (line,) = [line for line in harness("recipes").out.splitlines() if line.startswith("keras-slide")]
    assert "hidden_size=128" in line


def test_data_sets_are_listed_with_where_they_are(
    harness: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "empty"))
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    lines = harness("data").out.splitlines()
    assert any(line.startswith("kjv ") and "5.9 MB" in line and "not fetched yet" in line for line in lines)
    assert any(line.startswith("python ") and "local" in line for line in lines)


@pytest.mark.parametrize("command", ["--help", "cells", "tasks", "plugins", "data", "run --help"])
def test_looking_around_imports_no_torch(command: str) -> None:
    code = (
        "import sys; from harness.cli import main; sys.argv = ['harness', *sys.argv[1:]]\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code\n"
        "sys.exit('torch was imported' if 'torch' in sys.modules else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code, *command.split()], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "command", ["run", "table", "runs", "cells", "tasks", "data", "plugins", "recipes", "sample", "show"]
)
def test_every_command_shows_examples(harness: Command, command: str) -> None:
    assert f"harness {command}" in harness(command, "--help").out.partition("Examples:")[2]


def test_the_version_is_that_of_the_distribution(harness: Command) -> None:
    assert harness("--version").out == f"harness {version('cell-harness')}\n"
