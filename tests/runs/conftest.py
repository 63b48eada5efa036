"""A third party's cells, as a file below the working folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

PLUGIN = '''
import os, signal, time
import torch
from harness import Cell, Gate, hookimpl

class Plain(Cell):
    """A vanilla cell."""
    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.gate = Gate(input_size, hidden_size)
    def step(self, x, h):
        return torch.tanh(self.gate(x, h))

class Dawdling(Plain):
    """Takes its time."""
    def step(self, x, h):
        time.sleep(0.01)
        return super().step(x, h)

class Killed(Plain):
    """Kills its worker in training."""
    def step(self, x, h):
        os.kill(os.getpid(), signal.SIGKILL)

@hookimpl
def harness_cells():
    return {"plain": Plain, "dawdling": Dawdling, "killed": Killed}
'''


@pytest.fixture
def cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A plugin file of a third party, named by a path below the working folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(PLUGIN)
    return "mine.py"
