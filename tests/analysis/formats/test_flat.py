from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

from harness.analysis.comparison.compare import compare
from harness.analysis.formats.flat import csv_text, json_text

if TYPE_CHECKING:
    from conftest import Maker


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
