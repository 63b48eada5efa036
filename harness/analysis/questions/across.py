"""What a table says over all of its tasks: average ranks, and scores on one scale."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.analysis.statistics.profiles import aggregate, normalised
from harness.analysis.statistics.ranks import Ranking, average_ranks, least_tasks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from harness.analysis.comparison import Column, Comparison
    from harness.analysis.statistics.intervals import Estimate

Table = dict[str, "NDArray[np.float64]"]
"""By cell."""


@dataclass(frozen=True)
class Across:
    """Cells over tasks; columns that differ in a setting only are one task, of which the average counts.

    Attributes:
        ranking: average ranks of the cells that were tried on every task; a cell of which a run failed comes after all
            of which none did.
        needed: with fewer tasks than these no ranking of so many cells is more than chance.
        scores: by cell, normalised scores (task, seed) of the seeds that all tasks have: 0 is a task's weakest
            baseline, as is a run that failed, and 1 the best mean of the table. No task, no seed or no number: no cell.
        tasks: the names of those tasks.
        unscaled: tasks without such scores: they have no baseline, or no cell is above it.
        untried: cells that were not tried on every task.
    """

    ranking: Ranking
    needed: int
    scores: Mapping[str, NDArray[np.float64]]
    tasks: Sequence[str]
    unscaled: Sequence[str]
    untried: Sequence[str]

    @property
    def totals(self) -> dict[str, Estimate]:
        """By cell, the interquartile mean over tasks of its normalised scores, with its 95% interval over seeds."""
        return {cell: aggregate(scores) for cell, scores in self.scores.items()}

    @classmethod
    def of(cls, comparison: Comparison) -> Across | None:
        """That of a table; None where there are not two tasks on which the same two cells were tried."""
        cells = [cell for cell in comparison.cells if all(cell in column.scores for column in comparison.columns)]
        tasks: dict[str, list[Column]] = defaultdict(list)
        for column in comparison.columns:
            tasks[next(iter(column.runs.values()))[0].spec.task.label].append(column)
        if len(cells) < 2 or len(tasks) < 2:  # noqa: PLR2004
            return None
        ranks = [np.mean([_ranks(column, cells) for column in columns], axis=0) for columns in tasks.values()]
        ranking = Ranking.of(dict(zip(cells, np.array(ranks).T, strict=True)))
        scaled = {task: found for task, columns in tasks.items() if (found := _scaled(columns, cells))}
        return cls(
            ranking=ranking,
            needed=least_tasks(len(cells)),
            scores=_joined(cells, list(scaled.values())),
            tasks=list(scaled),
            unscaled=[task for task in tasks if task not in scaled],
            untried=[cell for cell in comparison.cells if cell not in cells],
        )


def _ranks(column: Column, cells: Sequence[str]) -> NDArray[np.float64]:
    """1 for the best mean; ties share their average."""
    sign = 1 if column.direction == "lower" else -1
    scores = [column.scores[cell] for cell in cells]
    means = [math.inf if score.failed or not math.isfinite(score.mean) else sign * score.mean for score in scores]
    return average_ranks(means)


def _scaled(columns: Sequence[Column], cells: Sequence[str]) -> dict[str, dict[int, float]]:
    """By cell and seed the normalised score on a task, on average over its columns; empty where there is none."""
    found: dict[str, dict[int, list[float]]] = {cell: defaultdict(list) for cell in cells}
    for column in columns:
        ends = _ends(column)
        if ends is None:
            return {}
        for cell in cells:
            for run in column.runs[cell]:
                score = run.scores.get(column.metric, math.nan) if run.status == "finished" else math.nan
                found[cell][run.seed].append(normalised(score, *ends) if math.isfinite(score) else 0.0)
    return {
        cell: {seed: float(np.mean(scores)) for seed, scores in by_seed.items() if len(scores) == len(columns)}
        for cell, by_seed in found.items()
    }


def _ends(column: Column) -> tuple[float, float] | None:
    """The score of the weakest baseline, and the best mean; None where that is no better."""
    sign = 1 if column.direction == "lower" else -1
    means = [sign * score.mean for score in column.scores.values() if math.isfinite(score.mean)]
    if not column.baselines or not means:
        return None
    bottom, top = sign * next(iter(column.baselines.values())), min(means)
    return (sign * bottom, sign * top) if top < bottom else None


def _joined(cells: Iterable[str], tasks: Sequence[Mapping[str, Mapping[int, float]]]) -> Table:
    """By cell the scores (task, seed), of the seeds that all tasks have."""
    joined = {}
    for cell in cells:
        seeds = sorted(set.intersection(*(set(task[cell]) for task in tasks))) if tasks else []
        if seeds:
            joined[cell] = np.array([[task[cell][seed] for seed in seeds] for task in tasks])
    return joined
