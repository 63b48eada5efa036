"""`harness time`."""

from __future__ import annotations

import csv
import io
import json
import platform
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Command

TINY = ("--shape", "batch=2,time=5,input=3,hidden=8,output=4", "--repeats", 7)
CELLS = '''
import torch
from harness import Cell, Gate

class MGU(Cell):
    """Minimal gated unit.

    Source: Zhou et al. 2016.
    """
    def __init__(self, input_size: int, hidden_size: int, bias: float = 0.0) -> None:
        super().__init__(input_size, hidden_size)
        self.forget, self.candidate = Gate(input_size, hidden_size), Gate(input_size, hidden_size)
        self.bias = bias
    def step(self, x, h):
        f = torch.sigmoid(self.forget(x, h) + self.bias)
        return torch.lerp(h, torch.tanh(self.candidate(x, f * h)), f)

class Random(MGU):
    def step(self, x, h):
        return torch.nn.functional.dropout(super().step(x, h))

class Memory(Cell):
    states = ("h", "c")

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.value = Gate(input_size, hidden_size)
    def initial(self, batch):
        return torch.zeros(batch, self.hidden_size), torch.zeros(batch, self.hidden_size, self.hidden_size)
    def step(self, x, h, c):
        v = self.value(x, h)
        c.add_(v.unsqueeze(1) * v.unsqueeze(2))
        return torch.tanh(c.sum(2)), c
'''


@pytest.fixture(autouse=True)
def _cells(harness: Command) -> None:  # noqa: ARG001 - which makes the folder
    Path("my_cells.py").write_text(CELLS)


def test_json_has_a_row_a_shape_cell_and_phase(harness: Command) -> None:
    cells = "lstm,gru:reset=after,jordan,torch-lstm,my_cells.py:MGU:bias=1"
    done = harness(
        "time", cells, "--against", "torch-lstm", *TINY, "--shape", "batch=1,time=3,output=2", "--format", "json"
    )
    assert done.code == 0, done.err
    rows = json.loads(done.out)
    labels = ["lstm", "gru:reset=after", "jordan", "torch-lstm", "MGU:bias=1"]
    phases = ["training", "forward", "backward", "inference"]
    expected = [(time, label, phase) for time in (5, 3) for label in labels for phase in phases]
    assert [(row["time"], row["cell"], row["phase"]) for row in rows] == expected
    for row in rows:
        assert row["against"] == "torch-lstm"
        assert row["engine"] == ("layer" if row["cell"] == "torch-lstm" else "native")
        assert 0 < row["low"] <= row["ratio"] <= row["high"]
        assert row["ratio"] == pytest.approx(row["against_ms"] / row["ms"])
        assert (row["threads"], row["repeats"], row["tuned_allocator"]) == (1, 7, False)
    (noise,) = (row for row in rows if (row["cell"], row["phase"], row["time"]) == ("torch-lstm", "training", 5))
    assert noise["ratio_per_flop"] == pytest.approx(noise["ratio"])  # of a thing to itself


def test_the_first_cell_is_what_the_others_are_held_against(harness: Command) -> None:
    done = harness("time", "elman,my_cells.py:MGU", *TINY, "--against-engine", "loop", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert {(row["cell"], row["against"], row["engine"], row["against_engine"]) for row in rows} == {
        ("elman", "elman", "native", "loop"),
        ("MGU", "elman", "native", "loop"),
    }


def test_the_table_is_whole_on_a_narrow_terminal(harness: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    cells = "lstm:coupled=true:forget_bias=0:peephole=true,my_cells.py:Random"
    done = harness("time", cells, "--against", "torch-lstm", *TINY)
    assert done.code == 0, done.err
    assert "…" not in done.out
    assert all(len(line) <= 80 for line in done.out.splitlines())
    assert done.out.startswith("batch 2 · time 5 · input 3 · hidden 8 · output 4 · float32 · cpu, 1 thread")
    assert {"coupled=true", "native", "loop", "layer", "per", "FLOP", "GFLOP/s", "MiB"} <= set(done.out.split())
    assert "Random runs in the plain loop: its step draws random numbers" in done.out.replace("\n", " ")


def test_markdown_is_a_table_a_shape(harness: Command) -> None:
    done = harness("time", "elman", *TINY, "--dtype", "float64", "--format", "markdown")
    assert "hidden 8 · output 4 · float64" in done.out.splitlines()[0]
    assert done.out.count("| `elman` |") == 8  # what it is held against, and itself


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lsmt"], 'no cell is called "lsmt". Did you mean "lstm"?'),
        (["lstm", "--against", "torch-lsmt"], 'no cell is called "torch-lsmt". Did you mean "torch-lstm"?'),
        ([","], "no cell is given: write for example harness time lstm,gru"),
        (["lstm:peephol=true"], 'cell "lstm" has no option "peephol". Did you mean "peephole"?'),
        (["lstm", "--shape", "batch=0"], "--shape: batch=0 cannot be used: it should be greater than or equal to 1."),
        (["lstm", "--shape", "tme=3"], '--shape has no option "tme". Did you mean "time"?'),
        (
            ["lstm", "--shape", "batch=9999999999999"],
            "lstm at batch=9999999999999,time=100,input=64,hidden=128 does not",
        ),
        (["lstm", "--threads", 4096], "--threads 4096 cannot be used: at most"),
        (["jordan"], "jordan makes the prediction itself: say how wide that is, for example --shape batch=32"),
        (["my_cells.py:Random", *TINY, "--engine", "native"], "--engine native cannot run Random: its step draws"),
        (["my_cells.py:Memory", *TINY], "Memory.step changes its inputs in place: it must make new tensors."),
        (["lstm", "--device", "tpu"], '"--device tpu" is no device'),
        (["no.py:MGU"], "there is no file no.py"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(harness: Command, arguments: list[object], message: str) -> None:
    done = harness("time", *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {message}")
    assert done.err.count("\n") == 1


def test_a_cell_that_cannot_be_built_so_large_says_why(harness: Command, plugin: str) -> None:
    done = harness("time", "plain,picky", "--plugin", plugin, "--shape", "hidden=9")
    assert done.code == 2
    where, why = "batch=32,time=100,input=64,hidden=9", "needs hidden_size divisible by 8 (asked: 9)"
    assert done.err == f"error: picky cannot be timed at {where}: {why}.\n"


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="it sets glibc's allocator")
def test_a_tuned_allocator_is_one_of_a_process_that_started_with_it() -> None:
    arguments = ("elman", *TINY, "--tuned-allocator", "--format", "json")
    command = [sys.executable, "-m", "harness", "time", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert {row["tuned_allocator"] for row in json.loads(done.stdout)} == {True}
