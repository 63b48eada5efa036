"""Cells that are the end of the process in which they take their first step."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.runs import questions

if TYPE_CHECKING:
    from conftest import Command

CELLS = """
import ctypes, os, time
import torch
from harness import Cell, Gate

class Plain(Cell):
    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.gate = Gate(input_size, hidden_size)
    def step(self, x, h):
        self.trouble()
        return torch.tanh(self.gate(x, h))

class Exits(Plain):
    def trouble(self):
        os._exit(3)

class Faults(Plain):
    def trouble(self):
        ctypes.string_at(0)

class Leaves(Plain):
    def trouble(self):
        raise SystemExit(4)

class Loops(Plain):
    def trouble(self):
        while True:
            pass

class Fills(Plain):
    def trouble(self):
        kept = []
        while True:
            kept.append(torch.ones(10_000_000))
            time.sleep(0.01)
"""
REASONS = {
    "Exits": ("crashed", "the worker exited with code 3"),
    "Faults": ("crashed", "the worker was ended by SIGSEGV"),
    "Leaves": ("failed", "it exits the process (code 4)"),
    "gru": ("finished", ""),
}


@pytest.fixture
def worker(harness: Command) -> Command:
    """`harness run` of some of these cells in a worker."""
    Path("mine.py").write_text(CELLS)

    def call(cells: str, *more: str) -> object:
        named = ",".join(cell if cell == "gru" else f"mine.py:{cell}" for cell in cells.split(","))
        fixed = ("--tasks", "adding:length=5", "--budget", "smoke", "--seeds", "1", "--workers", "1")
        return harness("run", "--cells", named, *fixed, *more)

    return call  # type: ignore[return-value]


def ends(harness: Command) -> dict[str, tuple[str, str]]:
    rows = json.loads(harness("runs", "--format", "json").out)
    return {row["cell"]: (row["status"], row["reason"]) for row in rows}


def test_a_cell_that_ends_its_process_is_a_row_and_the_others_go_on(worker: Command, harness: Command) -> None:
    done = worker("Exits,Faults,Leaves,gru")
    assert (done.code, "Traceback" in done.err) == (0, False), done.err
    assert "(gru 19 hidden;" in done.out, "of the others no size is known"
    assert ends(harness) == REASONS


def test_a_cell_that_does_not_come_back_is_told_and_the_others_go_on(
    worker: Command, harness: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_PLUGIN_SECONDS", "4")
    monkeypatch.setattr(questions, "GRACE", 0)
    done = worker("Loops,gru")
    assert done.code == 2
    (told,) = [line for line in done.err.splitlines() if "Loops" in line]
    assert told == (
        "error: Loops is left out: after 4 s it had not been built, with a first step, on adding:length=5. "
        "HARNESS_PLUGIN_SECONDS gives it more seconds; with --time-limit its runs are rows that failed."
    )
    assert ends(harness) == {"gru": ("finished", "")}


@pytest.mark.parametrize(
    ("cell", "limit", "amount", "status", "reason"),
    [
        ("Loops", "--time-limit", "1s", "out of time", "it was not done after 1 s (--time-limit)"),
        ("Fills", "--memory-limit", "700MB", "out of memory", " MB, more than 700 MB (--memory-limit)"),
    ],
)
def test_limits_hold_before_the_runs_too(
    cell: str, limit: str, amount: str, status: str, reason: str, worker: Command, harness: Command
) -> None:
    assert worker(cell, limit, amount).code == 0
    found = ends(harness)[cell]
    assert (found[0], found[1].endswith(reason)) == (status, True), found
