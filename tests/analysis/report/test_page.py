from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from harness.analysis.comparison.compare import compare
from harness.analysis.report import write
from harness.analysis.report.chart import TOP
from harness.analysis.report.charts import learning
from harness.analysis.report.listing import runs
from harness.analysis.report.page import page
from harness.errors import HarnessError

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Maker, Results

    from harness.runs.record import BaselineRecord

HOSTILE = (
    "</script></style></title></textarea>-->]]><script>alert(1)</script>"
    """"'`onload=alert(1) ><img src=x onerror=alert(1)>&lt;{{7*7}}"""
)


class Page(HTMLParser):
    """The structure of a page: its tags with the names of their attributes; its references, scripts and texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.structure: list[tuple[str, ...]] = []
        self.references: list[str] = []
        self.scripts: list[str] = []
        self.texts: list[str] = []
        self.stops: list[str] = []
        self._tag = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tag = tag
        self.structure.append((tag, *(name for name, _ in attrs)))
        self.stops += [value or "" for name, value in attrs if name == "data-stops"]
        self.references += [value or "" for name, value in attrs if name in {"src", "href", "data", "action", "srcset"}]

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - what it is called with
        self._tag = ""

    def handle_data(self, data: str) -> None:
        (self.scripts if self._tag == "script" else self.texts).append(data)


def test_what_plugins_say_changes_nothing_of_the_page_but_its_texts(results: Results) -> None:
    benign, hostile = Page(page(results(), "mine")), Page(page(results(HOSTILE), f"mine{HOSTILE}"))
    assert hostile.structure == benign.structure
    assert hostile.scripts == benign.scripts
    shown = " ".join(hostile.texts)
    for foreign in (
        "lstm",
        "adding",
        "MSE",
        "constant",
        "a bug",
        "Traceback",
        "once upon",
        "fast",
        "third-party",
        "adam",
    ):
        assert f"{foreign}{HOSTILE}" in shown, foreign


def test_it_loads_nothing_and_runs_its_own_script_only(results: Results) -> None:
    text = page(results(), "mine")
    parsed = Page(text)
    assert all(reference.startswith("#") for reference in parsed.references)
    assert not re.search(r"@import|url\(", text)
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="(.*?)"', text)
    digest = base64.b64encode(hashlib.sha256("".join(parsed.scripts).encode()).digest()).decode()
    assert "default-src 'none'" in policy
    assert f"script-src 'sha256-{digest}'" in policy


def test_everything_is_there(results: Results) -> None:
    parsed = Page(page(results(), "mine"))
    text = " ".join(parsed.texts)
    for part in ("The table", "Learning curves", "Quality and cost", "Gradients over time", "Samples", "Failures"):
        assert part in text, part
    assert "0.110 ±.025 a" in re.sub(r"\s+", " ", text)
    assert "step 5" in str(parsed.stops)
    assert "harness run --cells" in text
    assert "2.13" in text


def test_who_is_worse_than_the_weakest_baseline_lies_on_the_edge_of_a_logarithmic_axis(
    make: Maker, baseline: BaselineRecord
) -> None:
    def drawn(lost: float) -> list[float]:
        """Where the marks of gru, lstm and elman are, from the top."""
        scores = {"gru": 0.01, "lstm": 0.1, "elman": lost}
        runs = [make(c, 0, s, curve=[{"step": 1, "seconds": 1, "scores": {"MSE": s}}]) for c, s in scores.items()]
        chart = learning(compare(runs, [baseline]).columns[0], {"gru": 0, "lstm": 1, "elman": 2})
        assert chart is not None
        return [line.marks[0][1] for line in chart.lines]

    assert drawn(4e5) == drawn(1e9) == drawn(1 / 6 + 0.2)  # the weakest one has 1/6
    gru, lstm, elman = drawn(4e5)
    assert elman < lstm < gru
    assert elman == TOP


def test_times_of_runs_under_load_are_marked(make: Maker) -> None:
    busy, quiet = ({"others": others, "processors": 2, "waited": 0.0} for others in (0.5, 0.0))
    records = [make("gru", 0, 0.1, disturbance=busy), make("gru", 1, 0.1, disturbance=quiet)]
    assert [run.time for run in runs(compare(records, []))] == ["2.0~", "2.0"]
    assert "Seconds with ~" in page(compare(records, []), "mine")
    assert "Seconds with ~" not in page(compare(records[1:], []), "mine")


def test_no_runs_and_one_run_are_reports_too(make: Maker) -> None:
    assert "There are no runs yet." in page(compare([], []), "mine")
    assert "No task has scores of two cells" in page(compare([make("lstm", 0, 0.1)], []), "mine")
    assert "failed" in page(compare([make("lstm", 0, None, status="failed", reason="no", metrics=[])], []), "mine")


def test_a_report_is_replaced_and_nothing_else_is(results: Results, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write(results(), path, "first")
    write(results(), path, "second")
    assert "<h1>second</h1>" in path.read_text()
    path.write_text("mine")
    with pytest.raises(HarnessError, match="is no report of harness"):
        write(results(), path, "third")
    assert path.read_text() == "mine"
    with pytest.raises(HarnessError, match="cannot be written"):
        write(results(), tmp_path / "missing" / "report.html", "third")
