from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.analysis.comparison.compare import compare
from harness.analysis.questions.selection import Selection
from harness.errors import HarnessError

if TYPE_CHECKING:
    from harness.runs.record import RunRecord


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
    ("selection", "hint"),
    [
        (Selection(cells=("lsmt",)), 'no run has a cell "lsmt". Did you mean "lstm"?'),
        (Selection(tasks=("digit",)), 'Did you mean "digits"?'),
        (Selection(metric="acuracy"), 'Did you mean "accuracy"? There is: MSE; accuracy'),
    ],
)
def test_a_wrong_name_is_told_with_what_there_is(records: list[RunRecord], selection: Selection, hint: str) -> None:
    with pytest.raises(HarnessError) as told:
        selection.of(records)
    assert hint in str(told.value)
