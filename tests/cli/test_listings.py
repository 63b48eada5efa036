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
    assert "harness_scratch    4 cells" in done.out
    assert "broken.py" in done.err
    assert "ZeroDivisionError: division by zero" in done.err


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


@pytest.mark.parametrize("command", ["run", "table", "runs", "cells", "tasks", "data", "plugins"])
def test_every_command_shows_examples(harness: Command, command: str) -> None:
    assert f"harness {command}" in harness(command, "--help").out.partition("Examples:")[2]


def test_the_version_is_that_of_the_distribution(harness: Command) -> None:
    assert harness("--version").out == f"harness {version('cell-harness')}\n"
