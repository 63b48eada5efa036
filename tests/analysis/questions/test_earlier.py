"""What the same runs say under another budget, against curves made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from harness.analysis.questions.budget import Budget
from harness.analysis.questions.earlier import compare_at
from harness.analysis.questions.order import ordered
from harness.analysis.tables.costs import cost_headings, cost_rows
from harness.analysis.tables.footnotes import footnotes
from harness.analysis.tables.overview import overview
from harness.errors import HarnessError

if TYPE_CHECKING:
    from conftest import Maker

    from harness.runs.record import RunRecord

CURVES = {"fast": [0.5, 0.4, 0.45], "slow": [0.9, 0.8, 0.1]}


def curve(scores: list[float], **more: list[Any]) -> list[dict[str, Any]]:
    """A point every 100 steps and 2 seconds, of 1,000 time steps each."""
    points = [
        {"step": 100 * n, "seconds": 2.0 * n, "sequence_steps": 1_000 * n, "scores": {"MSE": score}}
        for n, score in enumerate(scores, start=1)
    ]
    for name, values in more.items():
        for point, value in zip(points, values, strict=True):
            point[name] = value
    return points


@pytest.fixture
def runs(make: Maker) -> list[RunRecord]:
    return [
        make(
            cell,
            seed,
            0.2,
            curve=curve([score + 0.001 * seed for score in scores]),
            steps=300,
            seconds=6.0,
            sequence_steps=3_000,
            flops_per_step=50,
        )
        for cell, scores in CURVES.items()
        for seed in range(3)
    ]


def means(runs: list[RunRecord], budget: str) -> dict[str, dict[str, float]]:
    comparison = compare_at(runs, Budget.parse(budget))
    return {
        column.title: {cell: round(score.mean - 0.001, 6) for cell, score in column.scores.items()}
        for column in comparison.columns
    }


@pytest.mark.parametrize(
    "budget", ["steps=200", "steps=299", "seconds=4", "seconds=5.9", "tokens=2e3", "tokens=2,500", "flops=3e5"]
)
def test_the_best_validation_state_up_to_there_beside_that_in_full(runs: list[RunRecord], budget: str) -> None:
    at = f"adding (at {Budget.parse(budget)})"
    assert means(runs, budget) == {at: {"fast": 0.4, "slow": 0.8}, "adding (in full)": {"fast": 0.4, "slow": 0.1}}


def test_training_counts_three_passes(runs: list[RunRecord]) -> None:
    # 1,000 time steps of 50 operations, three times: 150,000 at the first point
    assert means(runs, "flops=299999")["adding (at flops=299999)"] == {"fast": 0.5, "slow": 0.9}
    with pytest.raises(
        HarnessError, match=r"The first evaluation was after 1\.5e\+05 floating-point operations of train"
    ):
        means(runs, "flops=149999")


def test_it_says_what_the_scores_are_and_that_the_winner_changes(runs: list[RunRecord]) -> None:
    comparison = compare_at(runs, Budget.parse("steps=200"))
    assert [column.metric for column in comparison.columns] == ["validation MSE"] * 2
    assert not any(column.baselines for column in comparison.columns)  # those are of the test set
    assert list(comparison.notes) == [
        "The winner at steps=200 is another one than in full on 1 of 1 tasks (validation scores).",
        "adding: the winner changes: fast at steps=200, slow in full.",
    ]
    late = compare_at(runs, Budget.parse("steps=300"))
    assert late.notes[1] == "adding: slow leads at steps=300 as in full."


def test_costs_are_those_in_full_and_stand_there_once(runs: list[RunRecord]) -> None:
    comparison = ordered(compare_at(runs, Budget.parse("steps=200")), "-cell")
    rows = [row[:2] + row[-2:-1] for row in cost_rows(comparison)]
    assert cost_headings(comparison)[-2] == "train s ↓"
    assert rows == [["adding", "slow", "6.0"], ["adding", "fast", "6.0"]]


def test_ranks_are_those_at_the_budget(runs: list[RunRecord]) -> None:
    text = replace(runs[0].spec.task, name="text", target="text")
    others = [replace(run, spec=replace(run.spec, task=text)) for run in runs]
    found = overview(compare_at([*runs, *others], Budget.parse("steps=200")))
    assert found is not None
    assert found.sheet.tops == (("average at steps=200", "↓ rank"),)  # validation has no baselines to normalise by
    assert [(side, row[0].lines) for side, row in zip(found.sheet.sides, found.sheet.entries, strict=True)] == [
        (("fast",), ("1.0 a",)),
        (("slow",), ("2.0 a",)),
    ]
    assert not any("ormalised" in note for note in found.notes)


def test_how_many_comparisons_share_an_error_is_told_of_both_moments(runs: list[RunRecord]) -> None:
    note = footnotes(compare_at(runs, Budget.parse("steps=200")))[0]
    assert "Holm over 1 comparison at steps=200 and 1 in full)" in note


def test_leaders_that_cannot_be_told_apart_are_no_change(make: Maker) -> None:
    curves = {"a": [[0.1, 0.1], [0.3, 0.3]], "b": [[0.21, 0.05], [0.21, 0.2]]}  # means 0.2 and 0.2, 0.21 and 0.125
    runs = [make(cell, seed, 0.2, curve=curve(scores)) for cell in curves for seed, scores in enumerate(curves[cell])]
    assert list(compare_at(runs, Budget.parse("steps=100")).notes) == [
        "The winner at steps=100 is another one than in full on 0 of 1 tasks (validation scores).",
        "adding: a leads at steps=100, b in full; the two cannot be told apart.",
    ]


def test_a_run_that_diverged_later_had_finished_and_one_that_had_diverged_failed(make: Maker) -> None:
    run = make("lstm", 0, None, reason="loss nan at step 250", steps=250, curve=curve([0.5, 0.4]), seconds=5.0)
    before, full = compare_at([run], Budget.parse("steps=249")).columns
    assert (before.scores["lstm"].mean, before.scores["lstm"].failed) == (0.4, 0)
    assert full.scores["lstm"].failures == {"diverged: loss nan at step 250": 1}
    after, _ = compare_at([run], Budget.parse("steps=250")).columns
    assert after.scores["lstm"].failures == {"diverged: loss nan at step 250": 1}
    by_time, _ = compare_at([run], Budget.parse("seconds=4.9")).columns
    assert by_time.scores["lstm"].seeds == 1


def test_who_ended_before_is_told(runs: list[RunRecord]) -> None:
    notes = compare_at(runs, Budget.parse("tokens=5000")).notes
    assert (
        "adding: 6 runs ended before tokens=5000, after 3000 time steps of sequences trained on, and stand with all "
        "they did." in notes
    )


def test_who_was_not_evaluated_by_then_is_a_row_with_its_reason(runs: list[RunRecord]) -> None:
    slow = [replace(run, curve=curve(CURVES["slow"], seconds=[20.0, 40.0, 60.0])) for run in runs[3:]]
    column = compare_at([*runs[:3], *slow], Budget.parse("seconds=10")).columns[0]
    assert column.scores["slow"].failures == {
        "not evaluated: no evaluation within 10 seconds of training, the first one was after 20": 3
    }
    assert column.scores["fast"].mean == pytest.approx(0.401)


def test_records_that_do_not_tell_are_refused_in_a_sentence(runs: list[RunRecord]) -> None:
    old = [
        replace(run, curve=[{k: v for k, v in p.items() if k != "sequence_steps"} for p in run.curve]) for run in runs
    ]
    with pytest.raises(
        HarnessError, match=r"^--at tokens=2000: 6 of 6 records do not tell their time steps of sequences"
    ):
        compare_at(old, Budget.parse("tokens=2000"))
    uncounted = [replace(run, flops_per_step=None) for run in runs[:3]] + runs[3:]
    column = compare_at(uncounted, Budget.parse("flops=3e5")).columns[0]
    assert list(column.scores["fast"].failures) == [
        "not evaluated: its record does not tell its floating-point operations of training"
    ]
    assert column.scores["slow"].seeds == 3


def test_solved_is_what_validation_said_by_then(make: Maker) -> None:
    run = make("lstm", 0, 0.1, solved=True, solved_step=200, curve=curve([0.5, 0.2, 0.1]))
    counts = [compare_at([run], Budget.parse(f"steps={n}")).columns[0].scores["lstm"].solved for n in (100, 200)]
    assert counts == [0, 1]
