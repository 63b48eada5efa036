"""Records of runs become a comparison."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.analysis.comparison import times
from harness.analysis.comparison.comparison import Column, Comparison
from harness.analysis.comparison.contests import by_cell, contests
from harness.analysis.comparison.fairness import chosen, replanned, unequal, unlike
from harness.analysis.comparison.pairs import Contest, Pair, compare_all
from harness.analysis.comparison.scores import Score
from harness.analysis.statistics.differences import BySeed
from harness.runs.uncollected import uncollected

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.runs.record import BaselineRecord, RunRecord


def compare(
    records: Iterable[RunRecord], baselines: Iterable[BaselineRecord], looks: tuple[int, ...] = ()
) -> Comparison:
    """Build the table of some records. Cells and tasks stand in the order in which they first appear.

    Args:
        records: of runs and of trials.
        baselines: of the tasks' trivial predictors.
        looks: at which numbers of seeds it is looked now whether more are run; records tell of those before.
    """
    with uncollected():
        return _compare(list(records), baselines, looks)


def _compare(records: Sequence[RunRecord], baselines: Iterable[BaselineRecord], looks: tuple[int, ...]) -> Comparison:
    trials = [record for record in records if record.setup.trial]
    groups, notes = contests(records)
    trivial = {record.spec.key: record for record in baselines}
    cells_of = [by_cell(group) for _, group in groups]
    rivals = [_contest(title, cells, looks) for (title, _), cells in zip(groups, cells_of, strict=True)]
    found = zip(rivals, compare_all(rivals), cells_of, strict=True)
    columns = [_column(contest, pairs, cells, trivial) for contest, pairs, cells in found]
    cells = dict.fromkeys(cell for column in columns for cell in column.scores)
    table = Comparison(columns, list(cells), trials=trials)
    notes += [*unequal(table.scores), *unlike(groups), *chosen(groups, trials), *replanned(columns)]
    return replace(table, notes=[*notes, *times.notes(table)])


def _contest(title: str, cells: Mapping[str, Sequence[RunRecord]], looks: tuple[int, ...]) -> Contest:
    """What can be compared: the scores of the cells of which every run finished."""
    name, direction, _ = _metric(cells)
    scores: dict[str, BySeed] = {}
    solved: dict[str, BySeed] = {}
    for cell, runs in cells.items():
        if all(run.status == "finished" for run in runs):
            reached = [run.scores[name] for run in runs]
            if all(map(math.isfinite, reached)):
                scores[cell] = BySeed(dict(zip((run.seed for run in runs), reached, strict=True)))
                solved[cell] = BySeed({run.seed: bool(run.solved) for run in runs})
    known = any(run.solved is not None for cell in scores for run in cells[cell])
    return Contest(title, name, direction, scores, _furthest(cells, looks), solved if known else {})


def _furthest(cells: Mapping[str, Sequence[RunRecord]], looks: tuple[int, ...]) -> tuple[int, ...]:
    """At which numbers of seeds it was looked whether more are added; of several plans that which goes furthest."""
    plans = {looks, *(run.setup.looks for runs in cells.values() for run in runs)}
    return max(plans, key=lambda plan: plan[-1:])


def _column(
    contest: Contest,
    pairs: Sequence[Pair],
    cells: Mapping[str, Sequence[RunRecord]],
    trivial: Mapping[str, BaselineRecord],
) -> Column:
    name, direction, digits = metric = _metric(cells)
    letters, best = contest.letters(pairs), contest.best(pairs)
    scores = {
        cell: Score.of(contest.task, cell, runs, metric, letters=letters.get(cell, ""), best=cell in best)
        for cell, runs in cells.items()
    }
    baselines = _baselines(next(iter(cells.values()))[0], trivial, name, direction)
    return Column(contest.task, name, direction, digits, scores, baselines, pairs, cells, contest.looks)


def _metric(cells: Mapping[str, Sequence[RunRecord]]) -> tuple[str, str, int]:
    """The name, the direction and the digits of what is compared."""
    metric = next((run.metrics[0] for runs in cells.values() for run in runs if run.metrics), {})
    return metric.get("name", ""), metric.get("direction", "lower"), metric.get("digits", 4)


def _baselines(run: RunRecord, trivial: Mapping[str, BaselineRecord], metric: str, direction: str) -> dict[str, float]:
    from harness.runs.spec import BaselineSpec  # noqa: PLC0415

    record = trivial.get(BaselineSpec(run.spec.task, run.spec.data).key)
    scores = {b["name"]: b["scores"][metric] for b in record.baselines if metric in b["scores"]} if record else {}
    return dict(sorted(scores.items(), key=lambda item: item[1], reverse=direction == "lower"))
