"""The listeners, with the real libraries: what a user finds there after a run."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

RUN = ("run", "--cells", "elman", "--tasks", "adding:length=5", "--budget", "smoke", "--seeds", "2", "--workers", "0")


def harness(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "harness", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_score(done: subprocess.CompletedProcess[str]) -> list[float]:
    return sorted(float(score) for score in re.findall(r"elman seed \d  MSE ([\d.]+)", done.stderr))


test_score.__test__ = False  # type: ignore[attr-defined]


@pytest.mark.skipif(find_spec("tensorboard") is None, reason="tensorboard is not installed")
def test_tensorboard_finds_curves_samples_and_scores_of_each_run(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    done = harness(tmp_path, *RUN, "--plugin", "harness_tensorboard")
    assert done.returncode == 0, done.stderr
    assert "failed" not in done.stderr
    folders = sorted((tmp_path / "runs" / "adding_length=5" / "elman").iterdir())
    assert [folder.name[:6] for folder in folders] == ["seed 0", "seed 1"]
    scores = []
    for folder in folders:
        events = EventAccumulator(str(folder)).Reload()
        assert {"loss", "gradient_norm", "validation/MSE", "test/MSE"} <= set(events.Tags()["scalars"])
        assert events.Scalars("loss")[-1].step > events.Scalars("loss")[0].step
        scores.append(events.Scalars("test/MSE")[0].value)
    assert sorted(scores) == pytest.approx(test_score(done), abs=1e-4)


@pytest.mark.skipif(find_spec("mlflow") is None, reason="MLflow is not installed: tox -e listeners")
def test_mlflow_finds_settings_and_scores_of_each_run(tmp_path: Path) -> None:
    done = harness(tmp_path, *RUN, "--plugin", "harness_mlflow")
    assert done.returncode == 0, done.stderr
    assert " failed: " not in done.stderr
    with sqlite3.connect(tmp_path / "mlflow.db") as database:
        assert database.execute("SELECT name, status FROM runs ORDER BY name").fetchall() == [
            ("elman seed 0", "FINISHED"),
            ("elman seed 1", "FINISHED"),
        ]
        names = {name for (name,) in database.execute("SELECT name FROM experiments")}
        assert "adding:length=5" in names
        params = dict(database.execute("SELECT key, value FROM params"))
        assert params["cell"] == "elman"
        assert params["budget"] == "smoke"
        found = [value for (value,) in database.execute("SELECT value FROM metrics WHERE key = 'test MSE'")]
    assert sorted(found) == pytest.approx(test_score(done), abs=1e-4)


@pytest.mark.parametrize(("plugin", "library"), [("harness_tensorboard", "tensorboard"), ("harness_mlflow", "mlflow")])
def test_without_the_library_it_is_said_what_to_install(plugin: str, library: str, tmp_path: Path) -> None:
    code = f"""
import sys, importlib.util
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name == {library!r} else find(name, *more)
from harness.cli import main
sys.argv = ["harness", "cells", "--plugin", {plugin!r}]
main()
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"pip install cell-harness[{library}]" in done.stderr
