"""`pytest --harness-cell`, in a pytest of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CELLS = """
import torch
from harness import Cell, Gate, hookimpl

class Plain(Cell):
    def __init__(self, input_size: int, hidden_size: int, scale: float = 1.0) -> None:
        super().__init__(input_size, hidden_size)
        self.gate = Gate(input_size, hidden_size)
        self.scale = scale
    def step(self, x, h):
        return torch.tanh(self.scale * self.gate(x, h))

class Mixes(Plain):
    def step(self, x, h):
        a = self.gate(x, h)
        return torch.tanh(a - a.mean(dim=0))

@hookimpl
def harness_cells():
    return {"plain": Plain, "mixes": Mixes}
"""


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-W", "error", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_each_check_of_each_cell_is_a_test_beside_the_authors_own(tmp_path: Path) -> None:
    (tmp_path / "cells.py").write_text(CELLS)
    (tmp_path / "test_own.py").write_text("def test_own(): ...\n")
    names = ("--harness-cell", "plain:scale=2", "--harness-cell", "mixes", "--harness-plugin", "cells.py")
    done = run_pytest(tmp_path, "-v", *names, "-k", "own or causal or independent or reference")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "test_own.py::test_own PASSED" in done.stdout
    assert "plain:scale=2::causal PASSED" in done.stdout
    assert "plain:scale=2::equals its reference SKIPPED" in done.stdout
    assert "mixes::rows independent FAILED" in done.stdout
    assert "It means: sequences of a batch see each other" in done.stdout
    assert re.search(r"1 failed, 4 passed, 2 skipped, \d+ deselected", done.stdout)


def test_a_cell_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text("def test_own(): ...\n")
    done = run_pytest(tmp_path, "--harness-cell", "lsmt")
    assert done.returncode == 4
    assert 'no cell is called "lsmt". Did you mean "lstm"?' in done.stderr
    assert "Traceback" not in done.stderr


def test_other_peoples_tests_load_neither_torch_nor_what_takes_time(tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text(
        "import sys\n\n"
        "def test_own():\n"
        "    assert 'harness.testing.pytest_plugin' in sys.modules\n"
        "    assert not {'torch', 'numpy', 'rich', 'typer', 'pydantic', 'harness.registry'} & set(sys.modules)\n"
    )
    done = run_pytest(tmp_path)
    assert done.returncode == 0, done.stdout
