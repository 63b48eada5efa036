"""As many seeds as it takes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Command

TWINS = '''
"""Two cells that are one, so that no number of seeds tells them apart."""
import torch
from harness import Cell, Gate, hookimpl

class One(Cell):
    """A vanilla cell.

    Source: nobody 1999.
    """
    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.gate = Gate(input_size, hidden_size)
    def step(self, x, h):
        return torch.tanh(self.gate(x, h))

class Other(One):
    """The same.

    Source: nobody 1999.
    """

@hookimpl
def harness_cells():
    return {"one": One, "other": Other}
'''


@pytest.fixture
def twins(tmp_path: Path) -> str:
    path = tmp_path / "twins.py"
    path.write_text(TWINS)
    return str(path)


def seeds(harness: Command) -> dict[str, list[int]]:
    listed = json.loads(harness("runs", "--format", "json").out)
    return {cell: [run["seed"] for run in listed if run["cell"] == cell] for cell in ("one", "other")}


def test_seeds_are_added_until_it_is_hopeless(tiny: Command, harness: Command, twins: str) -> None:
    asked = ("one,other", "--plugin", twins, "--hidden", 4, "--seeds", "auto:max=8")
    done = tiny(*asked)
    assert done.code == 0, done.err
    assert "2 cells × 1 task × 3 to 8 seeds = 6 to 16 runs" in done.out
    assert "1 of 1 comparison undecided: 4 more runs" in done.out
    assert seeds(harness) == {"one": [0, 1, 2, 3, 4], "other": [0, 1, 2, 3, 4]}
    assert done.out.count("equal size:") == 1
    told = (
        "Seeds were added at 3, 5 while comparisons were open, up to 8; all looks share the error. 0 of 1 comparison "
    )
    for printed in (done.out, tiny(*asked).out, harness("table").out):
        assert told + "decided, and 1 given up, as 8 seeds would hardly decide them." in " ".join(printed.split())
    assert 'seeds = "auto:max=8"' in Path("results/suite.toml").read_text()


def test_what_was_run_before_is_not_run_again(tiny: Command, harness: Command, twins: str) -> None:
    fixed = ("one,other", "--plugin", twins, "--hidden", 4)
    tiny(*fixed, "--seeds", 4)
    before = harness("runs", "--format", "json").out
    done = tiny(*fixed, "--seeds", "auto:max=8")
    assert "6 done before, 0 to do" in done.out
    assert "1 of 1 comparison undecided: 4 more runs, 2 done before" in done.out
    assert done.err.count("done") + done.err.count("MSE") == 2  # seed 4 of both
    assert json.loads(harness("runs", "--format", "json").out)[:8] == json.loads(before)


@pytest.mark.parametrize("wrong", ["0", "-1", "auto:max=2", "auto:20", "some", "1.5", ""])
def test_a_wrong_number_is_one_sentence(harness: Command, wrong: str) -> None:
    done = harness("run", "--cells", "gru", "--tasks", "adding", f"--seeds={wrong}")
    assert (done.code, done.out) == (2, "")
    assert f'error: "--seeds {wrong}" should be a number from 1, or "auto:max=20": as many as it takes' in done.err


def test_shards_cannot_tell_what_is_decided(harness: Command) -> None:
    done = harness("run", "--cells", "gru", "--tasks", "adding", "--seeds", "auto", "--shard", "1/2")
    assert (done.code, done.out) == (2, "")
    assert "--shard and --seeds auto exclude each other" in done.err


def test_a_suite_takes_it_and_a_baseline_does_not(harness: Command, twins: str) -> None:
    Path("auto.toml").write_text(
        f'version = 1\ncells = ["one", "other"]\ntasks = ["adding:length=5"]\nseeds = "auto:max=4"\nbudget = "smoke"\n'
        f'hidden = 4\nplugins = ["{twins}"]\n'
    )
    done = harness("run", "--suite", "auto.toml", "--workers", 0)
    assert done.code == 0, done.err
    assert seeds(harness) == {"one": [0, 1, 2, 3], "other": [0, 1, 2, 3]}
    refused = harness("baseline", "results")
    assert refused.code == 2
    assert "a baseline needs a number of seeds" in refused.err
