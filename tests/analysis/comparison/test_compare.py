from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.analysis.comparison.compare import compare

if TYPE_CHECKING:
    from conftest import Maker

    from harness.runs.record import BaselineRecord


def test_a_row_a_cell_and_a_column_a_task(make: Maker, baseline: BaselineRecord) -> None:
    records = [make("lstm", seed, score) for seed, score in enumerate([0.1, 0.2, 0.3])]
    records += [make("gru", seed, score) for seed, score in enumerate([0.9, 1.0, 1.2])]
    comparison = compare(records, [baseline])
    assert comparison.cells == ["lstm", "gru"]
    (column,) = comparison.columns
    assert (column.title, column.metric, column.direction) == ("adding", "MSE", "lower")
    assert dict(column.baselines) == {"constant": 1 / 6, "oracle of sorts": 0.125}
    lstm, gru = column.scores["lstm"], column.scores["gru"]
    assert lstm.mean == pytest.approx(0.2)
    assert lstm.high - lstm.low == pytest.approx(2 * 4.302652729911275 * 0.1 / math.sqrt(3))
    assert (lstm.seeds, lstm.failed, lstm.best, gru.best) == (3, 0, True, False)
    assert (lstm.parameters, lstm.hidden_size, lstm.mismatch) == (1_020, 10, pytest.approx(0.02))
    assert (lstm.seconds, lstm.steps_per_second) == (2.0, 2_000.0)
    assert (lstm.distribution, lstm.version) == ("third-party", "2.0")


def test_failures_count_and_a_cell_that_fails_is_never_the_best(make: Maker) -> None:
    records = [make("lstm", 0, 0.001), make("lstm", 1, None, reason="loss nan at step 3")]
    records += [make("gru", 0, 0.5), make("gru", 1, 0.6)]
    scores = compare(records, []).columns[0].scores
    assert scores["lstm"].failures == {"diverged: loss nan at step 3": 1}
    assert (scores["lstm"].seeds, scores["lstm"].failed, scores["lstm"].best) == (1, 1, False)
    assert scores["gru"].best


def test_a_cell_that_always_fails_is_a_row(make: Maker) -> None:
    score = compare([make("mine", 0, None, status="not supported", reason="no")], []).columns[0].scores["mine"]
    assert math.isnan(score.mean)
    assert score.failures == {"not supported: no": 1}


def test_cells_that_cannot_be_told_apart_share_a_letter_and_the_best_group_is_best(make: Maker) -> None:
    """The means are 0.11, 0.1133 and 0.51; the first two differ by chance, the third by more."""
    listed = {"worse": [0.50, 0.51, 0.52], "best": [0.10, 0.11, 0.12], "close": [0.13, 0.09, 0.12]}
    records = [make(cell, seed, score) for cell, scores in listed.items() for seed, score in enumerate(scores)]
    (column,) = compare(records, []).columns
    assert {cell: score.letters for cell, score in column.scores.items()} == {"best": "a", "close": "a", "worse": "b"}
    assert {cell for cell, score in column.scores.items() if score.best} == {"best", "close"}
    higher = [replace(record, metrics=[{"name": "MSE", "direction": "higher", "digits": 3}]) for record in records]
    (column,) = compare(higher, []).columns
    assert {cell for cell, score in column.scores.items() if score.best} == {"worse"}
    assert column.scores["worse"].letters == "a"


def test_one_seed_tells_nothing_apart(make: Maker) -> None:
    scores = compare([make("a", 0, 0.1), make("b", 0, 0.9)], []).columns[0].scores
    assert [(score.letters, score.best) for score in scores.values()] == [("a", True), ("a", True)]


def test_a_lone_cell_is_best_without_a_letter(make: Maker) -> None:
    score = compare([make("a", 0, 0.1), make("a", 1, 0.2)], []).columns[0].scores["a"]
    assert (score.letters, score.best) == ("", True)


def test_a_score_that_is_no_number_is_compared_with_nothing(make: Maker) -> None:
    records = [make("a", 0, 0.1), make("a", 1, 0.2), make("b", 0, math.inf), make("b", 1, 0.1)]
    scores = compare(records, []).columns[0].scores
    assert [(score.letters, score.best) for score in scores.values()] == [("", True), ("", False)]
