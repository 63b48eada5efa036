from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from harness.analysis.comparison.compare import compare
from harness.analysis.questions.across import Across
from harness.analysis.tables.overview import overview
from harness.registry import Component
from harness.runs.record import BaselineRecord
from harness.runs.spec import BaselineSpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from conftest import Maker

    from harness.analysis.comparison import Comparison
    from harness.runs.record import RunRecord


def task(name: str) -> Component:
    return Component(name, name, {}, "cell-harness", "0.1.0", "bb")


def trivial(*names: str, score: float = 1.0) -> list[BaselineRecord]:
    scores = [{"name": "weak", "scores": {"MSE": score}}, {"name": "strong", "scores": {"MSE": score / 2}}]
    return [BaselineRecord(BaselineSpec(task(name), "generated"), scores) for name in names]


@pytest.fixture
def runs(make: Maker) -> list[RunRecord]:
    return [
        make(cell, seed, score + 0.01 * seed, task=task(name))
        for name in ("one", "two", "three", "four", "five", "six")
        for cell, score in (("gru", 0.1), ("lstm", 0.3))
        for seed in range(2)
    ]


def across(comparison: Comparison) -> Across:
    found = Across.of(comparison)
    assert found is not None
    return found


def rows(comparison: Comparison) -> Mapping[str, Sequence[str]]:
    shown = overview(comparison)
    assert shown is not None
    texts = [[entry.lines[0] for entry in entries] for entries in shown.sheet.entries]
    return dict(zip((side[0] for side in shown.sheet.sides), texts, strict=True))


def test_ranks_and_normalised_scores(runs: list[RunRecord]) -> None:
    """The weakest baseline, 1.0, is 0; the best mean, 0.105, is 1: so 0.305 is 0.7765."""
    comparison = compare(runs, trivial("one", "two", "three", "four", "five", "six"))
    found = across(comparison)
    assert found.ranking.ranks == {"gru": 1.0, "lstm": 2.0}
    assert found.ranking.letters == {"gru": "a", "lstm": "b"}
    assert found.scores["gru"] == pytest.approx(np.tile([1.00559, 0.99441], (6, 1)), abs=1e-5)
    assert found.totals["lstm"][0] == pytest.approx(0.695 / 0.895)
    assert rows(comparison) == {"gru": ["1.0 a", "1.00 ±.07"], "lstm": ["2.0 b", "0.78 ±.07"]}


def test_too_few_tasks_to_rank(runs: list[RunRecord]) -> None:
    few = [run for run in runs if run.spec.task.label in {"one", "two", "three"}]
    shown = overview(compare(few, []))
    assert shown is not None
    assert shown.notes == (
        "3 tasks are too few to rank 2 cells: 6 that agree are the least.",
        "Not normalised, for no cell is above a baseline there: one, two, three.",
    )
    assert Across.of(compare([run for run in runs if run.spec.task.label == "one"], [])) is None
    assert Across.of(compare([run for run in runs if run.spec.cell.label == "gru"], [])) is None


def test_a_cell_with_a_failed_run_comes_last_and_the_run_counts_as_the_weakest_baseline(
    make: Maker, runs: list[RunRecord]
) -> None:
    failed = make("gru", 1, None, task=task("one"))
    found = across(compare([failed, *(run for run in runs if run.spec.key != failed.spec.key)], trivial("one", "two")))
    assert found.ranking.ranks == {"gru": pytest.approx(7 / 6), "lstm": pytest.approx(11 / 6)}
    assert found.tasks == ["one", "two"]
    assert found.scores["gru"][0].tolist() == [1.0, 0.0]
    assert found.unscaled == ["three", "four", "five", "six"]


def test_columns_that_differ_in_a_setting_only_are_one_task(make: Maker, runs: list[RunRecord]) -> None:
    other = [make("gru", seed, 0.9, task=task("one"), budget="full") for seed in range(2)]
    other += [make("lstm", seed, 0.5, task=task("one"), budget="full") for seed in range(2)]
    found = across(compare([*runs, *other], []))
    assert found.ranking.tasks == 6
    assert found.ranking.ranks == {"gru": pytest.approx(6.5 / 6), "lstm": pytest.approx(11.5 / 6)}


def test_what_cannot_be_placed_is_named(make: Maker, runs: list[RunRecord]) -> None:
    alone = make("elman", 0, 0.2, task=task("one"))
    comparison = compare([*runs, alone], [*trivial("one"), *trivial("two", score=0.01)])
    found = across(comparison)
    assert (found.untried, found.tasks) == (["elman"], ["one"])
    shown = overview(comparison)
    assert shown is not None
    assert "Not tried on every task, so not ranked: elman." in shown.notes
    assert any(note.endswith("there: two, three, four, five, six.") for note in shown.notes)


def test_higher_is_better_turns_ranks_and_scales_round(runs: list[RunRecord]) -> None:
    turned = [replace(run, metrics=[{"name": "MSE", "direction": "higher", "digits": 3}]) for run in runs]
    found = across(compare(turned, trivial("one", "two", "three", "four", "five", "six", score=0.2)))
    assert list(found.ranking.ranks) == ["lstm", "gru"]
    assert found.totals["lstm"][0] == pytest.approx(1.0)
    assert found.totals["gru"][0] == pytest.approx((0.105 - 0.1) / (0.305 - 0.1))  # the weakest baseline is 0.1


def test_how_many_tasks_a_close_race_would_take(make: Maker, runs: list[RunRecord]) -> None:
    """Five wins of six are no proof (p is 0.22); ranks 7/6 and 11/6 differ by 2/3, which is critical of 9 tasks."""
    lost = [make("gru", seed, 0.9, task=task("six")) for seed in range(2)]
    keys = {run.spec.key for run in lost}
    shown = overview(compare([*lost, *(run for run in runs if run.spec.key not in keys)], []))
    assert shown is not None
    assert "Friedman's test: p = 0.22; Nemenyi's critical difference: 0.8" in shown.notes[0]
    assert shown.notes[1] == "Some 9 tasks would show the difference of the first two, if it is what it seems."
