from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.analysis.formats.listing import listing_text
from harness.analysis.listings.tuning import tuning_listing
from harness.analysis.questions.tuning import tunings

if TYPE_CHECKING:
    from harness.runs.record import RunRecord


def test_the_listing(trials: list[RunRecord]) -> None:
    found = tuning_listing(tunings(trials))
    assert found.headings == ("task", "cell", "chosen", "of 1", "of 2", "of 3", "over rates", "failed")
    # of 2: the best of nine pairs of 0.2, 0.5 and 0.8
    assert found.rows[0] == ["adding ↓ MSE", "lstm", "lr=0.03", "0.500", "0.367", "0.300", "█▅▁", ""]
    assert found.rows[1][6:] == ["▁█·", "1/3"]
    entries = json.loads(listing_text(found, "json"))
    assert entries[1]["trials"][2] == {"number": 3, "settings": {"learning_rate": 0.3}, "score": None}
    assert tuning_listing([]).notes == ["No trials: harness run --tune N makes them."]


def test_over_rates_one_bad_score_does_not_hide_the_others(trials: list[RunRecord]) -> None:
    """At the rates 0.03, 0.1 and 0.3: the middle one is in the middle of ratios."""
    scores = {0.03: 100.0, 0.1: 10.0, 0.3: 1.0}
    lstm = [trial for trial in trials if trial.spec.cell.label == "lstm"]
    wide = [replace(trial, validation={"MSE": scores[trial.spec.recipe.learning_rate]}) for trial in lstm]
    assert tuning_listing(tunings(wide)).rows[0][6] == "▁▅█"
