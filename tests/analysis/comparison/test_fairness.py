from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.analysis.comparison.compare import compare
from harness.modeling.sizing import Size

if TYPE_CHECKING:
    from conftest import Maker

    from harness.runs.record import RunRecord


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
