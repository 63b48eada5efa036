from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

from harness.analysis.comparison.compare import compare
from harness.analysis.formats.flat import csv_text, json_text
from harness.analysis.formats.markdown import markdown
from harness.analysis.formats.runs import run_rows

if TYPE_CHECKING:
    from conftest import Maker

    from harness.runs.record import BaselineRecord


def test_markdown_has_scores_baselines_notes_and_costs(make: Maker, baseline: BaselineRecord) -> None:
    records = [make("lstm", seed, score) for seed, score in enumerate([0.1, 0.2, 0.3])]
    records += [make("gru", 0, 2.0), make("gru", 1, 2.1), make("gru", 2, None, reason="loss nan at step 3")]
    records += [make("elman", seed, score) for seed, score in enumerate([5.1, 5.2, 5.3])]
    text = markdown(compare(records, [baseline]))
    assert text.startswith("| cell | adding ↓ MSE |\n| --- | --- |\n")
    assert "| `lstm` | **0.200** ±.248 a |" in text
    assert "| `elman` | 5.200 ±.248 b |" in text
    assert "| `gru` | 2.050 ±.635 · diverged 1 of 3 |" in text
    assert "| *baseline* | *0.125 oracle of sorts* · *0.167 constant* |" in text
    assert "- gru on adding, 1 of 3: diverged: loss nan at step 3" in text
    assert "| adding | lstm | 10 | 1,020 +2.0% | 50% | 2.0 | 2k |" in text


def test_markup_in_a_foreign_name_stays_text(make: Maker) -> None:
    record = make("mine", 0, None, status="failed", reason="<script>|`x`")
    assert "<script>" not in markdown(compare([record], [])).replace("\\<script\\>", "")
    assert "\\|" in markdown(compare([record], []))


def test_json_has_an_object_a_cell_and_task(make: Maker) -> None:
    listed = json.loads(json_text(compare([make("lstm", 0, 0.1), make("gru", 0, None)], [])))
    needed = {"cell", "task", "metric", "direction", "mean", "low", "high", "seeds", "failed"}
    assert all(needed | {"parameters", "hidden_size"} <= entry.keys() for entry in listed)
    assert [(entry["cell"], entry["mean"], entry["low"], entry["failed"]) for entry in listed] == [
        ("lstm", 0.1, None, 0),  # no interval from one seed, and JSON knows no NaN
        ("gru", None, None, 1),
    ]


def test_csv_has_a_line_a_cell_and_task(make: Maker) -> None:
    records = [make("lstm", 0, 0.1), make("lstm", 1, None, reason="loss nan")]
    (line,) = csv.DictReader(io.StringIO(csv_text(compare(records, []))))
    assert (line["cell"], line["mean"], line["failures"]) == ("lstm", "0.1", "diverged: loss nan (1)")


def test_runs_have_an_object_each(make: Maker) -> None:
    (row,) = run_rows([make("lstm", 3, 0.1)])
    assert (row["cell"], row["seed"], row["status"], row["MSE"]) == ("lstm", 3, "finished", 0.1)
    assert len(row["run"]) == 16
