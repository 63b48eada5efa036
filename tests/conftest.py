"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from harness.registry import plugins

if TYPE_CHECKING:
    from collections.abc import Iterator

settings.register_profile("harness", deadline=None)  # machines are noisy: no test has a time limit
settings.load_profile("harness")

os.environ.pop("COLUMNS", None)  # pytest's readline sets it for its processes; consoles would keep it

REPOSITORY = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def _own_plugins(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test discovers plugins anew, so that a `--plugin` of one is not seen by the next."""
    monkeypatch.setattr(plugins, "_current", None)
    yield
    from harness.runs import building

    building._cached_task.cache_clear()


PLUGIN = '''
"""Cells that go wrong in every way a cell can."""
import os, signal
import torch
from harness import Cell, Gate, NotSupportedError, hookimpl

class Plain(Cell):
    """A vanilla cell.

    Source: nobody 1999.
    """
    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.gate = Gate(input_size, hidden_size)
    def step(self, x, h):
        return torch.tanh(self.gate(x, h))

class Nan(Plain):
    """Diverges."""
    def step(self, x, h):
        return super().step(x, h) * float("nan")

class Raises(Plain):
    """Has a bug."""
    def step(self, x, h):
        raise ZeroDivisionError("a bug of mine")

class Picky(Plain):
    """Cannot do every size."""
    def __init__(self, input_size: int, hidden_size: int) -> None:
        if hidden_size % 8:
            raise NotSupportedError(f"needs hidden_size divisible by 8 (asked: {hidden_size})")
        super().__init__(input_size, hidden_size)

class Killed(Plain):
    """Its worker is killed in training."""
    def step(self, x, h):
        os.kill(os.getpid(), signal.SIGKILL)

@hookimpl
def harness_cells():
    return {"plain": Plain, "nan": Nan, "raises": Raises, "picky": Picky, "killed": Killed}
'''


@pytest.fixture
def plugin(tmp_path: Path) -> str:
    """A plugin file of a third party, as `--plugin` takes it."""
    path = tmp_path / "third_party.py"
    path.write_text(PLUGIN)
    return str(path)
