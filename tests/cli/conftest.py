"""The command line, called in this process."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness import cli
from harness.cli import console

Command = Callable[..., "Result"]
Once = Callable[[Callable[[], None]], None]


@dataclass(frozen=True)
class Result:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    """Calls `harness` with some arguments, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")

    def call(*arguments: object) -> Result:
        monkeypatch.setattr(console._State, "verbose", False)
        monkeypatch.setattr(sys, "argv", ["harness", *map(str, arguments)])
        monkeypatch.setattr(sys.modules["__main__"], "__package__", None)  # as the script, though pytest be a module
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        return Result(int(ended.value.code or 0), printed.out, printed.err)

    return call


@pytest.fixture
def tiny(harness: Command) -> Command:
    """`harness run` on a task that takes no time."""

    def call(cells: str, *more: object) -> Result:
        fixed = ("--tasks", "adding:length=5", "--budget", "smoke", "--workers", 0)
        return harness("run", "--cells", cells, *fixed, *more)

    return call


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """What takes long is done in the folder of a module's first test; the others get a copy of what it left there."""
    kept = tmp_path_factory.mktemp("once") / "folder"

    def do(make: Callable[[], None]) -> None:
        if kept.exists():
            shutil.copytree(kept, Path.cwd(), dirs_exist_ok=True)
        else:
            make()
            shutil.copytree(Path.cwd(), kept)

    return do
