from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.analysis.comparison import compare
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
