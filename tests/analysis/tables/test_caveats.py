from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.analysis.comparison.compare import compare
from harness.analysis.tables.footnotes import footnotes
from harness.analysis.tables.numbers import reached

if TYPE_CHECKING:
    from conftest import Maker


def test_how_it_was_judged_and_how_many_more_seeds_it_would_take(make: Maker) -> None:
    scores = {"gru": [0.10, 0.11, 0.12], "lstm": [0.13, 0.11, 0.13], "elman": [0.50, 0.51, 0.52]}
    records = [make(cell, seed, score) for cell, listed in scores.items() for seed, score in enumerate(listed)]
    assert footnotes(compare(records, [])) == [
        (
            "Mean ± 95% interval over 3 seeds. Cells that share a letter cannot be told apart (paired t over seeds, "
            "Holm over 3 comparisons); the best, and all that share a letter with it, are bold."
        ),
        "More seeds that would show the difference of the best two, if it is what it seems: on adding 32 (0.013).",
        (
            "With 1 comparison undecided, 3 seeds show a difference of 3.3 standard deviations (power 0.8), 10 seeds "
            "one of 1.0."
        ),
    ]


def test_a_table_that_decides_everything_asks_for_nothing(make: Maker) -> None:
    records = [make("gru", seed, 0.1 + seed / 1000) for seed in range(3)]
    records += [make("elman", seed, 0.5 + seed / 900) for seed in range(3)]
    (note,) = footnotes(compare(records, []))
    assert note.startswith("Mean ± 95% interval over 3 seeds.")


def test_more_seeds_than_anybody_runs(make: Maker) -> None:
    records = [make("gru", seed, score) for seed, score in enumerate([0.1, 0.3, 0.2])]
    records += [make("lstm", seed, score) for seed, score in enumerate([0.3, 0.1, 0.201])]
    assert "Where the best two cannot be told apart, 100 more seeds would not tell them apart either." in footnotes(
        compare(records, [])
    )


def test_cells_that_failed_and_single_seeds_are_told(make: Maker) -> None:
    records = [make("gru", 0, 0.1), make("lstm", 0, 0.2), make("elman", 0, None, reason="loss nan")]
    notes = footnotes(compare(records, []))
    assert "One seed says nothing about spread: no interval, and cells cannot be told apart." in notes
    assert "A cell of which a run failed is not compared, and has no letter." in notes
    assert notes[-1] == "elman on adding, 1 of 1: diverged: loss nan"
    assert not any("More seeds" in note or "standard deviations" in note for note in notes)


@pytest.mark.parametrize(
    ("scores", "told"),
    [
        ([6.2, 6.4, 6.5, 6.9, 7.5, 7.7, 8.2, 24225.9], True),  # the middle half is 6.475 to 7.825, the mean 3034
        ([6.2, 6.4, 6.5, 6.9, 7.5, 7.7, 24225.9], False),  # of seven runs quartiles say little
        ([6.2, 6.4, 6.5, 6.9, 7.5, 7.7, 8.2, 10.0], False),  # the mean is 7.4
        ([7.0] * 7 + [7.001], False),  # nobody sees that: 7.000 is shown
    ],
)
def test_a_mean_that_few_runs_make_is_told(make: Maker, scores: list[float], told: bool) -> None:  # noqa: FBT001
    notes = footnotes(compare([make("elman", seed, score) for seed, score in enumerate(scores)], []))
    note = (
        "elman on adding: a few of 8 runs are so far from the others that its mean, its interval and its letters say "
        "little; the median is 7.200."
    )
    assert (note in notes) == told
    assert any("say little" in one for one in notes) == told


def test_where_runs_solve_a_task_or_not_their_share_says_it(make: Maker) -> None:
    runs = [make("lstm", seed, 0.1 if seed else 90.0, solved=bool(seed)) for seed in range(9)]
    assert not any("say little" in note for note in footnotes(compare(runs, [])))


def test_a_lone_cell_is_not_compared(make: Maker) -> None:
    assert footnotes(compare([make("gru", 0, 0.1), make("gru", 1, 0.2)], [])) == [
        "Mean ± 95% interval over 2 seeds.",
    ]


@pytest.mark.parametrize(("step", "told"), [(4, "half by step 4"), (None, "half: not yet")])
def test_what_a_score_says_of_solving(make: Maker, step: int | None, told: str) -> None:
    records = [make("gru", 0, 0.1, solved=True, solved_step=4)]
    records += [make("gru", seed, 0.2, solved=step is not None, solved_step=step) for seed in (1, 2)]
    share = "3/3 solved (44–100%)" if step else "1/3 solved (6–79%)"
    assert reached(compare(records, []).columns[0].scores["gru"])[1:] == [share, told]
    assert reached(compare([make("gru", 0, 0.2, solved=False)], []).columns[0].scores["gru"])[1:] == [
        "0/1 solved (0–79%)"
    ]
