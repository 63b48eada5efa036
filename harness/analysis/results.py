"""A results folder in Python: what `harness table` shows, as data frames and in a notebook."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.analysis.comparison.compare import compare
from harness.analysis.formats.flat import plain
from harness.analysis.formats.runs import run_rows
from harness.analysis.questions.selection import Selection
from harness.errors import HarnessError
from harness.runs.store import Store

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from harness.analysis.comparison import Comparison
    from harness.runs.record import BaselineRecord, RunRecord


def load(folder: str | os.PathLike[str] = "results", *, whole: bool = True) -> Results:
    """Read a results folder.

    Args:
        folder: where it is.
        whole: with the course of training; the table as it ended does without, and is read ten times as fast.

    Raises:
        HarnessError: it is none.
    """
    with closing(Store(Path(folder))) as store:
        return Results(Path(folder), store.runs() if whole else store.outlines(), store.baselines())


@dataclass(frozen=True)
class Results:
    """All runs of a results folder. In a notebook it shows itself as the table.

    `cells` and `tasks` select by name, with or without options, also with the wildcards * and ?; `metric` is compared
    instead of each task's first one.

    Attributes:
        folder: where they are.
        records: of all runs, in the order in which they were finished.
        baselines: of the tasks' trivial predictors.
    """

    folder: Path
    records: Sequence[RunRecord] = field(repr=False)
    baselines: Sequence[BaselineRecord] = field(repr=False)

    def comparison(
        self, cells: Sequence[str] = (), tasks: Sequence[str] = (), metric: str | None = None, at: str | None = None
    ) -> Comparison:
        """The table with everything that formats are made from; as it stood `at` another budget, such as "steps=500".

        Raises:
            HarnessError: a name is nobody's, or the budget is none.
        """
        chosen = Selection(cells, tasks, metric).of(self.records)
        if at is None:
            return compare(chosen, self.baselines)
        from harness.analysis.questions.budget import Budget  # noqa: PLC0415 - only who looks back needs these
        from harness.analysis.questions.earlier import compare_at  # noqa: PLC0415

        return compare_at(chosen, Budget.parse(at))

    def table(self, cells: Sequence[str] = (), tasks: Sequence[str] = (), metric: str | None = None) -> pd.DataFrame:
        """A row a cell and task: the mean with its 95% interval, seeds, failures, size and cost.

        `table().pivot(index="cell", columns="task", values="mean")` has a column a task.

        Raises:
            HarnessError: pandas is not installed, or a name is nobody's.
        """
        return _frame([plain(score) for score in self.comparison(cells, tasks, metric).scores])

    def runs(self, cells: Sequence[str] = (), tasks: Sequence[str] = ()) -> pd.DataFrame:
        """A row a run: what it was, how it ended, its scores on the test set, its size and its time.

        Raises:
            HarnessError: pandas is not installed, or a name is nobody's.
        """
        return _frame(run_rows(Selection(cells, tasks).of(self.records)))

    def curves(self, cells: Sequence[str] = (), tasks: Sequence[str] = ()) -> pd.DataFrame:
        """A row an evaluation: step, seconds, training loss, gradient norm, and every metric on the validation set.

        Raises:
            HarnessError: pandas is not installed, or a name is nobody's.
        """
        return _frame([row for record in Selection(cells, tasks).of(self.records) for row in _points(record)])

    def plot(self, kind: str, cells: Sequence[str] = (), tasks: Sequence[str] = (), metric: str | None = None) -> Any:  # noqa: ANN401 - altair ships no annotations that hold
        """A picture as `harness plot` draws it: an altair chart, which a notebook shows and `save` writes.

        Raises:
            HarnessError: there is no such kind, nothing to draw, altair is not installed, or a name is nobody's.
        """
        from harness.analysis.figures.pictures import kind_of  # noqa: PLC0415 - only who draws needs it

        return kind_of(kind)(self.comparison(cells, tasks, metric))

    def _repr_html_(self) -> str:
        from harness.analysis.formats.html import html  # noqa: PLC0415 - its templates are only read where they are used

        return html(self.comparison())


def _points(record: RunRecord) -> list[dict[str, Any]]:
    spec = record.spec
    named = {"run": spec.key, "cell": spec.row, "task": spec.task.label, "seed": spec.seed, "trial": spec.trial or None}
    return [
        {**named, **{name: entry for name, entry in point.items() if name != "scores"}, **point["scores"]}
        for point in record.curve
    ]


def _frame(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    try:
        import pandas as pd  # noqa: PLC0415 - an extra, which takes half a second to import
    except ImportError as error:
        raise HarnessError('data frames are made by pandas: pip install "cell-harness[pandas]".') from error
    return pd.DataFrame(list(rows))
