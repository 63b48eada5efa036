from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.analysis.comparison.compare import compare
from harness.analysis.questions.order import ordered
from harness.analysis.questions.selection import Selection
from harness.errors import HarnessError
from harness.registry import Component

if TYPE_CHECKING:
    from conftest import Maker

    from harness.runs.record import RunRecord

METRICS = [
    {"name": "accuracy", "direction": "higher", "digits": 1},
    {"name": "loss", "direction": "lower", "digits": 2},
]


def task(name: str, **options: int) -> Component:
    return Component(name, name, options, "cell-harness", "0.1.0", "bb")


@pytest.fixture
def records(make: Maker) -> list[RunRecord]:
    """Three cells on adding, on a longer adding, and two of them on digits, which has two metrics."""
    found = [make(cell, 0, score) for cell, score in (("lstm", 0.3), ("gru", 0.1), ("elman", 0.2))]
    found += [
        make("lstm", 0, 0.5, task=task("adding", length=400)),
        make("gru", 0, None, task=task("digits"), metrics=[]),
    ]
    scores = {"accuracy": 90.0, "loss": 0.4}
    return [*found, replace(make("lstm", 0, 0.0, task=task("digits")), metrics=METRICS, scores=scores)]


@pytest.mark.parametrize(
    ("names", "titles"),
    [
        ((), ["adding", "adding:length=400", "digits"]),
        (("adding",), ["adding"]),  # what is called just that
        (("adding*",), ["adding", "adding:length=400"]),
        (("digits", "adding:length=400"), ["adding:length=400", "digits"]),
    ],
)
def test_tasks_are_selected_by_name(records: list[RunRecord], names: tuple[str, ...], titles: list[str]) -> None:
    assert [column.title for column in compare(Selection(tasks=names).of(records), []).columns] == titles


def test_a_name_without_options_selects_all_where_nothing_is_called_just_that(records: list[RunRecord]) -> None:
    longer = [record for record in records if record.spec.task.options]
    assert Selection(tasks=("adding",)).of(longer) == longer


def test_only_what_is_shown_is_compared(records: list[RunRecord]) -> None:
    (column,) = compare(Selection(cells=("lstm", "elman"), tasks=("adding",)).of(records), []).columns
    assert list(column.scores) == ["lstm", "elman"]
    assert column.scores["elman"].best  # gru, which did better, is not in the table


def test_another_metric_with_its_direction_and_its_failures(records: list[RunRecord]) -> None:
    (column,) = compare(Selection(metric="loss").of(records), []).columns
    assert (column.title, column.metric, column.direction, column.digits) == ("digits", "loss", "lower", 2)
    assert column.scores["lstm"].mean == 0.4
    assert column.scores["gru"].failed == 1  # which failed before it knew any metric


@pytest.mark.parametrize(
    ("by", "cells"),
    [
        ("cell", ["elman", "gru", "lstm"]),
        ("-cell", ["lstm", "gru", "elman"]),
        ("adding", ["gru", "elman", "lstm"]),
        ("-adding", ["lstm", "elman", "gru"]),
        ("digits", ["lstm", "gru", "elman"]),  # those without a score are last
        ("failed", ["lstm", "elman", "gru"]),
    ],
)
def test_cells_are_ordered(records: list[RunRecord], by: str, cells: list[str]) -> None:
    comparison = ordered(compare(records, []), by)
    assert comparison.cells == cells
    assert [score.cell for score in comparison.scores if score.task == "adding"] == cells


@pytest.mark.parametrize(
    ("select", "hint"),
    [
        (lambda records: Selection(cells=("lsmt",)).of(records), 'no run has a cell "lsmt". Did you mean "lstm"?'),
        (lambda records: Selection(tasks=("digit",)).of(records), 'Did you mean "digits"?'),
        (lambda records: Selection(metric="acuracy").of(records), 'Did you mean "accuracy"? There is: MSE; accuracy'),
        (lambda records: ordered(compare(records, []), "parametres"), 'Did you mean "parameters"?'),
        (lambda records: ordered(compare(records, []), "adding*"), "several tasks"),
        (lambda records: ordered(compare(records, []), "mean"), 'no "mean" to sort by'),  # of different tasks
    ],
)
def test_a_wrong_name_is_told_with_what_there_is(records: list[RunRecord], select, hint: str) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
    with pytest.raises(HarnessError) as told:
        select(records)
    assert hint in str(told.value)
