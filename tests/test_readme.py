"""What the README and the tutorial show must work as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent
QUICK = ("--budget", "smoke", "--seeds", "1", "--workers", "0")


@pytest.mark.parametrize("page", ["README.md", "docs/cells.md"])
def test_the_cell_that_is_shown_gives_a_table(page: str, tmp_path: Path) -> None:
    code = next(block for block in _blocks(page) if "class MGU(Cell)" in block)
    (tmp_path / "my_cell.py").write_text(code)
    cells, tasks = "my_cell.py:MGU,gru", "adding:length=5"
    done = _harness(tmp_path, "run", "--cells", cells, "--tasks", tasks, *QUICK)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^MGU +0\.\d+", done.stdout, re.MULTILINE)


def test_the_plugin_that_is_shown_is_found(tmp_path: Path) -> None:
    cell, hook = (
        next(block for block in _blocks("docs/cells.md") if text in block)
        for text in ("class MGU(Cell)", "def harness_cells")
    )
    package = tmp_path / "my_cells"
    package.mkdir()
    (package / "__init__.py").write_text(hook)
    (package / "mgu.py").write_text(cell)
    done = _harness(tmp_path, "cells", "mgu", "--plugin", "my_cells")
    assert done.returncode == 0, done.stderr
    assert "Minimal gated unit" in done.stdout
    assert "arXiv:1603.09420" in done.stdout


def test_the_options_that_are_named_exist() -> None:
    shown = set(re.findall(r"(?<!\w)--[a-z]+", (REPOSITORY / "README.md").read_text()))
    helped = "".join(_harness(REPOSITORY, command, "--help").stdout for command in ("run", "table", "cells", "sample"))
    assert {option for option in shown if option not in helped} == set()


def test_the_task_that_is_shown_gives_a_table(tmp_path: Path) -> None:
    (tmp_path / "parity.py").write_text(_blocks("docs/tasks.md")[0])
    names = ("--cells", "gru,elman", "--tasks", "parity:length=8", "--plugin", "parity.py")
    done = _harness(tmp_path, "run", *names, *QUICK)
    assert done.returncode == 0, done.stderr
    assert re.search(r" parity:length=8 *\ncell +↑ accuracy", done.stdout)
    assert "50.0 a coin" in done.stdout


def test_the_executor_that_is_shown_executes(tmp_path: Path) -> None:
    (tmp_path / "pool.py").write_text(_blocks("docs/cluster.md")[0])
    names = ("--cells", "gru,elman", "--tasks", "adding:length=5", "--seeds", "1", "--budget", "smoke")
    done = _harness(tmp_path, "run", *names, "--plugin", "pool.py", "--executor", "pool")
    assert done.returncode == 0, done.stderr
    assert "3/3  adding:length=5" in done.stderr


def _blocks(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (REPOSITORY / page).read_text(), re.DOTALL)


def _harness(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "harness", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_suite_that_is_shown_can_be_read(tmp_path: Path) -> None:
    from harness.runs.suite import Suite

    (block,) = re.findall(r"```toml\n(.*?)```", (REPOSITORY / "docs/ci.md").read_text(), re.DOTALL)
    (tmp_path / "ci.toml").write_text(block)
    (tmp_path / "my_cell.py").write_text(next(b for b in _blocks("README.md") if "class MGU(Cell)" in b))
    done = _harness(tmp_path, "run", "--suite", "ci.toml", "--out", "ci.toml")  # is checked before anything is run
    assert "ci.toml is no results folder" in done.stderr
    assert Suite.load(tmp_path / "ci.toml").tolerances("adding:length=20", ["MSE", "solved"]).keys() == {
        "MSE",
        "solved",
    }


def test_the_options_of_the_gate_exist() -> None:
    page = (REPOSITORY / "docs/ci.md").read_text()
    shown = {
        (command, option)
        for command, rest in re.findall(r"harness (\w+)([^\n`]*)", page)
        for option in re.findall(r"--[a-z-]+", rest)
    }
    helped = {command: _harness(REPOSITORY, command, "--help").stdout for command, _ in shown}
    assert {(command, option) for command, option in shown if option not in helped[command]} == set()
    assert {command for command, _ in shown} >= {"run", "compare", "trend"}
