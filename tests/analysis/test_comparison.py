from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.analysis.comparison.compare import compare
from harness.modeling.sizing import Size

if TYPE_CHECKING:
    from conftest import Maker

    from harness.runs.record import BaselineRecord, RunRecord


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


def test_what_is_matched_is_what_the_mismatch_is_of_and_a_large_one_is_told(make: Maker) -> None:
    size, kinds = Size("state", 100), [(96, 0), (100, 1), (107, 2), (90, 3)]
    records = [make(f"cell {kind}", 0, 0.5, size=size, state_size=state) for state, kind in kinds]
    comparison = compare(records, [])
    assert [score.mismatch for score in comparison.scores] == pytest.approx([-0.04, 0, 0.07, -0.1])
    assert {score.matched for score in comparison.scores} == {"state"}
    assert comparison.notes == [
        "cell 2 on adding has 7% more numbers of state than asked for: no hidden size comes nearer.",
        "cell 3 on adding has 10% fewer numbers of state than asked for: no hidden size comes nearer.",
    ]
    assert compare([make("old", 0, 0.5, size=size)], []).scores[0].mismatch is None  # written before it was counted


def test_settings_of_a_cells_own_are_a_row_and_a_note_unless_all_had_the_same_choice(make: Maker) -> None:
    def own(cell: str, clip: float | None) -> RunRecord:
        record = make(cell, 0, 0.5)
        spec = record.spec
        return replace(record, spec=replace(spec, recipe=replace(spec.recipe, clip=clip), shared={"clip": 1.0}))

    unfair = compare([make("lstm", 0, 0.5), make("gru", 0, 0.5), own("gru", None)], [])
    assert unfair.cells == ["lstm", "gru", "gru clip=none"]
    assert unfair.notes == ["gru clip=none has settings of its own: the recipe that all share has clip=1.0 (adding)."]
    grid = [own(cell, clip) for cell in ("lstm", "gru") for clip in (None, 1.0)]
    fair = compare(grid, [])
    assert fair.cells == ["lstm clip=none", "lstm clip=1.0", "gru clip=none", "gru clip=1.0"]
    assert fair.notes == []
    assert compare(grid[:3], []).notes == [
        "lstm clip=none has settings of its own: the recipe that all share has clip=1.0 (adding).",
        "gru clip=none has settings of its own: the recipe that all share has clip=1.0 (adding).",
    ]


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


def test_solved_seeds_and_the_median_step(make: Maker) -> None:
    records = [
        make("lstm", 0, 0.001, solved=True, solved_step=7),
        make("lstm", 1, 0.001, solved=True, solved_step=3),
        make("lstm", 2, 0.2, solved=False),
    ]
    score = compare(records, []).columns[0].scores["lstm"]
    assert (score.solved, score.solved_step) == (2, 7)  # by then half of all three have
    assert (score.solved_low, score.solved_high) == pytest.approx((0.2077, 0.9385), abs=5e-5)  # Wilson's of 2 of 3
    assert compare([make("lstm", 0, 0.1)], []).columns[0].scores["lstm"].solved is None


def test_a_run_that_failed_solved_nothing(make: Maker) -> None:
    records = [make("lstm", 0, 0.001, solved=True, solved_step=7)]
    records += [make("lstm", seed, None, reason="loss nan") for seed in (1, 2)]
    score = compare(records, []).columns[0].scores["lstm"]
    assert (score.solved, score.seeds, score.failed, score.solved_step) == (1, 1, 2, None)
    assert score.solved_high == pytest.approx(0.7923, abs=5e-5)  # Wilson's of 1 of 3


def test_mean_median_and_the_mean_of_the_middle_half(make: Maker) -> None:
    records = [make("lstm", seed, score) for seed, score in enumerate([0.1, 0.2, 0.3, 0.5, 9.0])]
    score = compare(records, []).columns[0].scores["lstm"]
    assert (score.mean, score.median, score.iqm) == pytest.approx((2.02, 0.3, 1 / 3))


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


def test_what_differs_between_columns_of_one_task_is_told(make: Maker) -> None:
    records = [make("lstm", 0, 0.1), make("lstm", 0, 0.2, budget="full"), make("lstm", 0, 0.3, size=Size("hidden", 8))]
    assert [column.title for column in compare(records, []).columns] == [
        "adding (quick, params=1000)",
        "adding (full, params=1000)",
        "adding (quick, hidden=8)",
    ]


def test_an_edited_cell_replaces_its_earlier_version(make: Maker) -> None:
    old = [make("mine", seed, 0.9, source="old") for seed in (0, 1)]
    new = [replace(make("mine", seed, 0.1, source="new"), finished="2027") for seed in (0, 1)]
    comparison = compare([*old, *new], [])  # in the order of the store: the last is the newest
    assert comparison.columns[0].scores["mine"].mean == pytest.approx(0.1)
    assert comparison.notes == ["2 runs of earlier versions of a cell left out (harness runs lists them)."]
