"""What tuning gains, against enumeration and trials made by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from statistics import fmean
from typing import TYPE_CHECKING

import pytest

from harness.analysis.comparison.compare import compare
from harness.analysis.formats.listing import listing_text
from harness.analysis.listings.tuning import tuning_listing
from harness.analysis.questions.tuning import expected_best, sensitivity, tunings

if TYPE_CHECKING:
    from conftest import Maker

    from harness.runs.record import RunRecord


def trial(make: Maker, cell: str, number: int, rate: float, score: float | None) -> RunRecord:
    record = make(cell, 0, score, scores={}, validation={} if score is None else {"MSE": score}, reason="loss nan")
    recipe = replace(record.spec.recipe, learning_rate=rate)
    return replace(record, spec=replace(record.spec, recipe=recipe, tuned={"learning_rate": 0.1}, trial=number))


@pytest.fixture
def trials(make: Maker) -> list[RunRecord]:
    rates = (0.1, 0.03, 0.3)
    scores = {"lstm": (0.5, 0.2, 0.8), "gru": (0.3, 0.4, None)}
    return [
        trial(make, cell, n, r, s)
        for cell in scores
        for n, (r, s) in enumerate(zip(rates, scores[cell], strict=True), 1)
    ]


@pytest.mark.parametrize(("direction", "best"), [("lower", min), ("higher", max)])
def test_the_expected_best_is_the_mean_over_all_draws(direction: str, best: object) -> None:
    scores = [0.5, 0.1, 0.9, 0.1, 0.4]
    enumerated = [fmean(best(draw) for draw in product(scores, repeat=n)) for n in range(1, 6)]  # type: ignore[operator]
    assert expected_best(scores, direction) == pytest.approx(enumerated)


def test_trials_by_cell_with_what_was_chosen_and_failures_as_the_worst(trials: list[RunRecord]) -> None:
    gru, lstm = sorted(tunings(reversed(trials)), key=lambda tuning: tuning.cell)
    assert [entry.number for entry in lstm.trials] == [1, 2, 3]
    assert lstm.best is not None
    assert lstm.best.settings == {"learning_rate": 0.03}
    assert sensitivity(lstm) == [(0.03, 0.2), (0.1, 0.5), (0.3, 0.8)]
    assert sensitivity(gru) == [(0.03, 0.4), (0.1, 0.3), (0.3, None)]
    assert gru.expected[0] == pytest.approx((0.3 + 0.4 + 0.8) / 3)  # 0.8: the worst of the task


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


def test_trials_are_in_no_table_and_what_they_chose_is_told(make: Maker, trials: list[RunRecord]) -> None:
    assert compare(trials, []).columns == []
    tuned = []
    for record in (make("lstm", 0, 0.2), make("gru", 0, 0.3)):
        changed = {"tuned": {"learning_rate": 0.1}, "tune": 3, "changes": ("tune=3",)}
        tuned.append(replace(record, spec=replace(record.spec, **changed)))
    comparison = compare([*trials, *tuned], [])
    assert comparison.cells == ["lstm", "gru"]
    assert [column.title for column in comparison.columns] == ["adding (tune=3)"]
    settings = "lstm learning_rate=0.1, gru learning_rate=0.1"
    told = f"adding (tune=3): each cell has the settings of the best of 3 trials on validation: {settings}."
    assert told in comparison.notes
    lost = [replace(t, status="diverged") if t.spec.cell.label == "gru" else t for t in trials]
    told = (
        "adding (tune=3): each cell has the settings of the best of 3 trials on validation: lstm learning_rate=0.1; "
        "no trial finished of these, which have the settings of the first: gru learning_rate=0.1."
    )
    assert told in compare([*lost, *tuned], []).notes
    assert compare([t for t in [*lost, *tuned] if t.spec.cell.label == "gru"], []).notes == [
        "adding (tune=3): no trial finished of these, which have the settings of the first: gru learning_rate=0.1."
    ]
    untuned = compare([make("lstm", 0, 0.4), *tuned], [])
    assert [column.title for column in untuned.columns] == ["adding", "adding (tune=3)"]
