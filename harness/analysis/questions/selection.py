"""What of a results folder a table shows."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from harness.errors import HarnessError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.runs.record import RunRecord


@dataclass(frozen=True)
class Selection:
    """Some of the runs, and the metric by which they are compared.

    A name is that of a cell or task with its options, as tables show it; or without them, where nothing is called just
    that; or it has the wildcards * and ?.

    Attributes:
        cells: names; all when empty.
        tasks: likewise.
        metric: instead of each task's first one; tasks without it are left out.
    """

    cells: Sequence[str] = ()
    tasks: Sequence[str] = ()
    metric: str | None = None

    def of(self, records: Sequence[RunRecord]) -> list[RunRecord]:
        """The records that are selected, with the metric as their first one.

        Raises:
            HarnessError: a name is nobody's.
        """
        chosen = list(records)
        if self.cells or self.tasks:
            specs = [record.spec for record in records]
            cells = _chosen("cell", self.cells, [spec.row for spec in specs])
            tasks = _chosen("task", self.tasks, [spec.task.label for spec in specs])
            pairs = zip(records, specs, strict=True)
            chosen = [record for record, spec in pairs if spec.row in cells and spec.task.label in tasks]
        return chosen if self.metric is None else _by_metric(chosen, self.metric)


def _chosen(kind: str, names: Sequence[str], labels: Iterable[str]) -> set[str]:
    known = list(dict.fromkeys(labels))
    return {label for name in names for label in matching(kind, name, known)} if names else set(known)


def matching(kind: str, name: str, labels: Sequence[str]) -> list[str]:
    """The labels that a name selects.

    Raises:
        HarnessError: there is none.
    """
    if name in labels:
        return [name]
    found = [label for label in labels if fnmatchcase(label, name) or _bare(label) == name]
    if not found:
        hint = did_you_mean(name, [*labels, *map(_bare, labels)])
        raise HarnessError(f'no run has a {kind} "{name}".{hint} There is: {", ".join(labels) or "nothing yet"}.')
    return found


def _bare(label: str) -> str:
    """A name without its options and settings."""
    return re.split("[: ]", label)[0]


def _by_metric(records: Sequence[RunRecord], name: str) -> list[RunRecord]:
    """The records of tasks that have a metric, and with it first; runs that failed early know no metrics."""
    named = {metric["name"] for record in records for metric in record.metrics}
    if name not in named:
        hint = did_you_mean(name, named)
        raise HarnessError(f'no task has a metric "{name}".{hint} There is: {"; ".join(sorted(named)) or "none yet"}.')
    measured = {record.spec.contest for record in records if any(m["name"] == name for m in record.metrics)}
    return [
        replace(record, metrics=sorted(record.metrics, key=lambda metric: metric["name"] != name))
        for record in records
        if record.spec.contest in measured
    ]
