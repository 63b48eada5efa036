"""Which runs can be compared with one another, and what their column is called."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.runs.record import RunRecord


def contests(records: Iterable[RunRecord]) -> tuple[list[tuple[str, list[RunRecord]]], list[str]]:
    """The runs that can be compared with one another, under the title of their column; and who was left out."""
    return _contests(records, trials=False)  # those are scored on validation only


def contests_of_trials(records: Iterable[RunRecord]) -> list[tuple[str, list[RunRecord]]]:
    """The trials that can be compared with one another, likewise."""
    return _contests(records, trials=True)[0]


def _contests(records: Iterable[RunRecord], *, trials: bool) -> tuple[list[tuple[str, list[RunRecord]]], list[str]]:
    found: dict[str, list[RunRecord]] = defaultdict(list)
    for record in records:
        setup = record.setup
        if bool(setup.trial) == trials:
            found[setup.contest].append(record)
    current, notes = _without_superseded(found)
    titles = _titles([group[0] for group in current.values()])
    return list(zip(titles, current.values(), strict=True)), notes


def _without_superseded(contests: Mapping[str, list[RunRecord]]) -> tuple[dict[str, list[RunRecord]], list[str]]:
    """Only the newest code of each cell: results of an edited cell replace those from before the edit."""
    current = {}
    dropped = 0
    for contest, group in contests.items():
        cells = [record.setup.cell for record in group]
        newest = {cell.label: cell for cell in cells}  # the last
        earlier = {id(cell) for cell in {id(cell): cell for cell in cells}.values() if cell != newest[cell.label]}
        pairs = zip(group, cells, strict=True)
        current[contest] = [record for record, cell in pairs if id(cell) not in earlier] if earlier else group
        dropped += len(group) - len(current[contest])
    runs = f"{dropped} run{'s' if dropped != 1 else ''}"
    return current, [f"{runs} of earlier versions of a cell left out (harness runs lists them)."] if dropped else []


def _titles(first: Sequence[RunRecord]) -> list[str]:
    """The task of each column, with what tells it from other columns of the same task."""
    titles = []
    for record in first:
        rivals = [other.spec for other in first if other.spec.task.label == record.spec.task.label]
        marks = [
            text
            for text, values in (
                (record.spec.budget, {other.budget for other in rivals}),
                (str(record.spec.size), {other.size for other in rivals}),
                (record.spec.device, {other.device for other in rivals}),
                (f"task {record.spec.task.source[:6]}", {other.task.source for other in rivals}),
                (f"data {record.spec.data[:6]}", {other.data for other in rivals}),
            )
            if len(values) > 1
        ]
        marks += record.spec.changes
        titles.append(record.spec.task.label + (f" ({', '.join(marks)})" if marks else ""))
    return titles


def by_cell(group: Iterable[RunRecord]) -> dict[str, list[RunRecord]]:
    """The runs of each row."""
    cells: dict[str, list[RunRecord]] = defaultdict(list)
    for record in group:
        cells[record.setup.row].append(record)
    return cells
