from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Command


def test_the_report_lies_beside_the_runs(tiny: Command, harness: Command) -> None:
    done = tiny("elman,gru", "--seeds", 1)
    assert "harness report results" in done.out
    written = harness("report")
    assert written.out.startswith("report: results/report.html (")
    page = Path("results/report.html").read_text(encoding="utf-8")
    assert "<h1>results</h1>" in page
    assert "2 cells × 1 task, 2 runs" in page
    assert harness("report", "results", "--cells", "gru", "-o", "gru.html").code == 0
    assert "elman" not in Path("gru.html").read_text(encoding="utf-8")


def test_what_is_wrong_is_told_and_nothing_is_written(tiny: Command, harness: Command) -> None:
    tiny("elman", "--seeds", 1)
    Path("mine.html").write_text("mine")
    for wrong in (("--cells", "elmann"), ("-o", "mine.html"), ("--metric", "MS")):
        done = harness("report", "results", *wrong)
        assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert Path("mine.html").read_text() == "mine"
    assert not Path("results/report.html").exists()
    assert harness("report", "nowhere").code == 2
