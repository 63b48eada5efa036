from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.analysis.comparison import compare
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
        make("lstm", 0, 0.001, solved=True, solved_step=300),
        make("lstm", 1, 0.001, solved=True, solved_step=100),
        make("lstm", 2, 0.2, solved=False),
    ]
    score = compare(records, []).columns[0].scores["lstm"]
    assert (score.solved, score.solved_step) == (2, 200.0)
    assert compare([make("lstm", 0, 0.1)], []).columns[0].scores["lstm"].solved is None


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
    comparison = compare([*new, *old], [])
    assert comparison.columns[0].scores["mine"].mean == pytest.approx(0.1)
    assert comparison.notes == ["2 runs of earlier versions of a cell left out (harness runs lists them)."]
