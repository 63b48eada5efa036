"""One run, as its user looks at it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Command


def test_a_run_shows_how_it_learnt_and_what_flowed_back(tiny: Command, harness: Command) -> None:
    tiny("lstm", "--seeds", 1, "--set", "clip=2")
    (run,) = json.loads(harness("runs", "--format", "json").out)
    assert run["changes"] == "clip=2.0"
    shown = harness("show", run["run"][:5])
    assert shown.code == 0, shown.err
    lines = shown.out.splitlines()
    assert lines[0] == "lstm on adding:length=5 (clip=2.0), seed 0"
    assert any(line.startswith(f"MSE {run['MSE']:.4f} (") for line in lines)
    flow = [line for line in lines if line.startswith("layer 0, step")]
    assert [line.split("step ")[1].split()[0] for line in flow] == ["0", "20"]
    assert all(len(line.split("  ")[1].strip()) == 5 for line in flow)  # a block for each of five steps
    assert any(line.startswith("layer 0 gate 2") for line in lines)
    assert any(line.startswith("layer 0 gates 3") and "1.000" in line for line in lines)  # orthogonal at first


def test_a_run_can_be_read_by_programs(tiny: Command, harness: Command) -> None:
    tiny("elman", "--seeds", 1)
    (run,) = json.loads(harness("runs", "--format", "json").out)
    told = json.loads(harness("show", run["run"], "--json").out)
    assert told["scores"]["MSE"] == run["MSE"]
    assert [len(diagnosis["gradients"]["stack.layers.0"]) for diagnosis in told["diagnoses"]] == [5, 5]
    assert [point["step"] for point in told["curve"]] == [10, 20]


def test_a_failed_run_shows_why(tiny: Command, harness: Command, plugin: str) -> None:
    tiny("raises", "--plugin", plugin, "--seeds", 1)
    (run,) = json.loads(harness("runs", "--format", "json").out)
    shown = harness("show", run["run"])
    assert "failed: ZeroDivisionError: a bug of mine" in shown.out
    assert 'raise ZeroDivisionError("a bug of mine")' in shown.out


def test_a_run_that_is_not_there_is_one_sentence(tiny: Command, harness: Command) -> None:
    tiny("elman", "--seeds", 1)
    refused = harness("show", "zzz")
    assert refused.code == 2
    assert refused.err == 'error: no run of results begins with "zzz": `harness runs results` lists all.\n'


def test_a_run_that_is_not_supported_shows_the_reason_and_no_traceback(
    tiny: Command, harness: Command, plugin: str
) -> None:
    tiny("picky", "--plugin", plugin, "--seeds", 1, "--hidden", 3)
    (run,) = json.loads(harness("runs", "--format", "json").out)
    shown = harness("show", run["run"])
    assert "not supported: needs hidden_size divisible by 8 (asked: 3)" in shown.out
    assert "Traceback" not in shown.out
