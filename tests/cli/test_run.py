"""`harness run`: the main job."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

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


def test_a_class_in_a_file_is_a_cell(tiny: Command, plugin: str) -> None:
    done = tiny(f"{plugin}:Plain,gru", "--seeds", 1)
    assert done.code == 0, done.err
    assert [line.split()[0] for line in done.out.splitlines() if line.startswith(("Plain", "gru"))] == ["Plain", "gru"]


@pytest.mark.parametrize("engine", ["native", "torch", "loop"])
def test_an_engine_that_is_asked_for_runs_the_cell_and_stands_in_the_record(
    engine: str, tiny: Command, harness: Command
) -> None:
    assert tiny("elman", "--engine", engine).code == 0
    rows = json.loads(harness("runs", "--format", "json").out)
    assert {row["engine"] for row in rows} == {engine}
