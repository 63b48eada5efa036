from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.analysis.comparison.compare import compare
from harness.analysis.report.verdict import listed, verdict
from harness.registry import Component

if TYPE_CHECKING:
    from conftest import Maker

    from harness.runs.record import BaselineRecord


def test_who_wins_alone_and_that_the_baseline_stands(make: Maker, baseline: BaselineRecord) -> None:
    records = [make("lstm", seed, 0.2 + 0.001 * seed) for seed in range(3)]
    records += [make("gru", seed, 0.5 + 0.001 * seed) for seed in range(3)]
    assert verdict(compare(records, [baseline])) == [
        "lstm is among the best on adding; lstm is best alone on adding.",
        "No cell beats the strongest baseline on adding.",
    ]


def test_who_ranks_ahead_over_all_tasks_is_told_where_it_is_no_chance(make: Maker) -> None:
    tasks = [Component(f"t{number}", f"t{number}", {}, "x", "1", "bb") for number in range(8)]
    errors = {"gru": 0.1, "lstm": 0.2, "elman": 0.3, "jordan": 0.4}
    records = [make(cell, 0, error, task=task) for task in tasks for cell, error in errors.items()]
    assert verdict(compare(records, []))[0].endswith(
        "; over all tasks gru ranks ahead of elman and jordan by more than chance."
    )
    assert "over all tasks" not in verdict(compare(records[:8], []))[0]  # two tasks are too few


def test_ties_and_failures_are_what_cannot_be_said(make: Maker) -> None:
    other = Component("copy", "copy", {}, "cell-harness", "0.1.0", "bb")
    records = [
        make(cell, 0, 0.1, task=task) for cell in ("lstm", "gru") for task in (make("x", 0, 0.1).spec.task, other)
    ]
    assert verdict(compare([*records, make("mine", 0, None)], [])) == [
        "lstm and gru are each among the best on 2 of 2 tasks.",
        "On no task can the best be told from the next with 1 seed; 1 of 5 runs did not finish.",
    ]


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (list("abcde"), "a, b, c, d and e"),
        (list("abcdef"), "a, b, c, d and 2 more"),
    ],
)
def test_names_are_listed_as_in_a_sentence(names: list[str], text: str) -> None:
    assert listed(names) == text
