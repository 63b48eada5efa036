from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

import harness
from harness.errors import HarnessError
from harness.runs.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Maker

POINT = {"step": 5, "seconds": 0.5, "loss": 0.9, "gradient_norm": 1.0, "clipped": 0.0, "scores": {"MSE": 0.4}}


@pytest.fixture
def folder(make: Maker, tmp_path: Path) -> Path:
    """A results folder with two cells; one run diverged."""
    store = Store(tmp_path / "x", create=True)
    for record in (make("lstm", 0, 0.1, curve=[POINT]), make("lstm", 1, 0.3), make("gru", 0, None)):
        store.add(record)
    store.close()
    return tmp_path / "x"


def test_the_table_is_a_data_frame(folder: Path) -> None:
    pandas = pytest.importorskip("pandas")
    frame = harness.load(folder).table()
    assert isinstance(frame, pandas.DataFrame)
    row = frame.set_index(["cell", "task"]).loc["lstm", "adding"]
    assert (row["mean"], row["seeds"], row["metric"]) == (pytest.approx(0.2), 2, "MSE")
    assert row["low"] < row["mean"] < row["high"]
    assert frame["failed"].tolist() == [0, 1]
    assert harness.load(folder).table(cells=["gru"])["cell"].tolist() == ["gru"]


def test_runs_and_curves_are_data_frames(folder: Path) -> None:
    pytest.importorskip("pandas")
    results = harness.load(folder)
    assert sorted(results.runs()["status"]) == ["diverged", "finished", "finished"]
    (row,) = results.curves().to_dict("records")
    assert (row["cell"], row["seed"], row["step"], row["loss"], row["MSE"]) == ("lstm", 0, 5, 0.9, 0.4)


def test_it_shows_itself_in_a_notebook(folder: Path) -> None:
    shown = harness.load(folder)._repr_html_()
    assert "<table>" in shown
    assert "diverged 1 of 1" in shown
    assert "records" not in repr(harness.load(folder))


def test_it_draws_itself(folder: Path) -> None:
    pytest.importorskip("vl_convert", reason="the extra figures is not installed")
    assert "vega-lite" in harness.load(folder).plot("curves").to_dict()["$schema"]
    with pytest.raises(HarnessError, match="no picture"):
        harness.load(folder).plot("curve of learning")


def test_without_pandas_it_says_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(HarnessError, match=r'pip install "cell-harness\[pandas\]"'):
        harness.load(folder).table()


def test_a_folder_without_results_is_told(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="no results folder"):
        harness.load(tmp_path)
