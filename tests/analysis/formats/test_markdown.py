from __future__ import annotations

from typing import TYPE_CHECKING

from harness.analysis.comparison.compare import compare
from harness.analysis.formats.markdown import markdown

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
