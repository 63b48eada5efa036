from __future__ import annotations

import math
import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pytest

from harness.analysis.gate.history import Point, Series, moments, series
from harness.errors import HarnessError

if TYPE_CHECKING:
    from pathlib import Path

    from harness.analysis.gate.baseline import Baseline

pytest.importorskip("ruptures")

from harness.analysis.gate.picture import draw
from harness.analysis.gate.steps import steps


def line(values: list[float], error: float) -> Series:
    points = [Point(f"c{number}", f"2026-01-{number + 1:02}", value, error) for number, value in enumerate(values)]
    return Series("gru", "adding", "MSE", "lower", 3, points)


def test_a_step_is_found_where_it_is() -> None:
    rng = np.random.default_rng(0)
    levels = [5.0] * 6 + [5.5] * 5
    (found,) = steps(line([level + 0.02 * rng.normal() for level in levels], 0.02))
    assert found.at.name == "c6"
    assert found.share == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize("error", [0.05, math.nan])
def test_noise_has_no_steps(error: float) -> None:
    rng = np.random.default_rng(1)
    found = [steps(line(list(5 + 0.05 * rng.normal(size=12)), error)) for _ in range(100)]
    assert sum(map(bool, found)) <= 2


def test_equal_figures_have_no_steps_and_one_that_changes_has() -> None:
    assert steps(line([100.0] * 5, 0.0)) == []
    assert steps(line([100.0], 0.0)) == []
    assert [step.at.name for step in steps(line([100.0] * 5 + [99.0] * 3, 0.0))] == ["c5"]


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def test_all_versions_that_git_keeps_are_read(baseline: Baseline, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    path = tmp_path / "ci.json"
    for day in (1, 2, 3):
        made = {"made": f"2026-01-0{day}", "environment": {"git": f"abc{day}"}}
        path.write_text(baseline.model_copy(update=made).text() if day != 2 else "a version that nobody reads")
        git(tmp_path, "add", ".")
        git(tmp_path, "commit", "-qm", "renewed")
    found = moments([path])
    assert [moment.name for moment in found] == ["abc1", "abc3"]
    drawn = series(found)
    assert [(one.cell, len(one.points)) for one in drawn] == [("gru", 2), ("lstm", 2)]
    assert drawn[0].points[0].error == pytest.approx(np.std([1.0, 1.1, 0.9, 1.0], ddof=1) / 2)


def test_a_picture_shows_every_cell(tmp_path: Path) -> None:
    draw([line([1.0, 2.0], 0.1)], tmp_path / "trend.svg")
    text = (tmp_path / "trend.svg").read_text()
    assert "gru" in text
    assert "adding" in text
    draw([line([1.0, 2.0], 0.1)], tmp_path / "trend.html")
    assert "<script src" not in (tmp_path / "trend.html").read_text(), "a page that needs no network"
    with pytest.raises(HarnessError, match=r"cannot be written: No such file"):
        draw([line([1.0, 2.0], 0.1)], tmp_path / "nowhere" / "trend.svg")
    with pytest.raises(HarnessError, match=r"name a file that ends in .svg, .png, .pdf, .html"):
        draw([line([1.0, 2.0], 0.1)], tmp_path / "trend.gif")
