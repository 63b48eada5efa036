"""`harness run` that is interrupted, and goes on."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Command


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
