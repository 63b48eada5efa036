"""The comparison: a column a task, a row a cell, from the records of runs."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from statistics import fmean
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.analysis import costs
from harness.analysis.pairs import Contest, Pair, compare_all
from harness.analysis.statistics.differences import BySeed
from harness.analysis.statistics.intervals import interquartile_mean, mean_interval, wilson_interval
from harness.analysis.statistics.survival import median_time
from harness.modeling.sizing import UNITS
from harness.registry.options import text_of
from harness.runs.certified import certified

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.runs.record import BaselineRecord, RunRecord

TOLERATED = 0.05
"""How far a cell may be from the size asked for without a footnote, as a share."""


@dataclass(frozen=True)
class Score:
    """What one cell reached on one task, over its seeds.

    Attributes:
        cell: its name with options, and with the settings of its own where it has some.
        task: likewise, with what else tells its column from another.
        metric: what was measured.
        direction: whether lower or higher is better.
        digits: of the metric, after the point.
        mean: over the finished seeds; NaN where there is none.
        low: lower end of the 95% interval of the mean; NaN for fewer than two seeds.
        high: upper end.
        median: of the same.
        iqm: the mean of the middle half of them.
        seeds: finished runs.
        failed: runs that did not finish.
        failures: reason to the number of runs that failed with it.
        best: whether no cell did better by more than chance.
        letters: cells that cannot be told apart share one; empty where a run failed, and where there is nothing to
            compare with.
        solved: how many seeds solved the task; None where that makes no sense.
        solved_low: lower end of the 95% interval of the share of all runs, failed ones too, that solve it.
        solved_high: upper end.
        solved_step: the median step at which they have; None where fewer than half of all runs do.
        parameters: all trainable ones.
        recurrent_parameters: those of the recurrent layers.
        hidden_size: of every layer.
        state_size: numbers handed from one time step to the next for each sequence; see `Footprint`.
        flops_per_step: floating-point operations of a time step of a sequence.
        matched: what was held equal between cells: params, state or flops; hidden where it was the hidden size.
        mismatch: how far the cell is from what was asked for of that, as a share; None where nothing was.
        seconds: of training, the mean over the seeds of which nobody disturbed the run; of all where there is none.
        steps_per_second: sequence steps trained on in a second, the median over the same.
        forward: seconds of a forward pass for each time step of a sequence, likewise; see `Cost`.
        backward: likewise.
        inference: likewise.
        memory: bytes that a training step takes at its peak, the median over seeds.
        engine: what ran the recurrence.
        kernel: likewise, more closely.
        disturbed: whether others kept the machine busy in every run, so that times are not to be compared.
        clipped: the mean share of clipped steps.
        distribution: where the cell comes from.
        version: of that.
        checked: the verdict of `harness check` on the cell as it ran; empty where nobody has checked it.
    """

    cell: str
    task: str
    metric: str
    direction: str
    digits: int
    mean: float
    low: float
    high: float
    median: float
    iqm: float
    seeds: int
    failed: int
    failures: Mapping[str, int]
    best: bool
    letters: str
    solved: int | None
    solved_low: float | None
    solved_high: float | None
    solved_step: float | None
    parameters: int | None
    recurrent_parameters: int | None
    hidden_size: int | None
    state_size: int | None
    flops_per_step: int | None
    matched: str
    mismatch: float | None
    seconds: float | None
    steps_per_second: float | None
    forward: float | None
    backward: float | None
    inference: float | None
    memory: float | None
    engine: str
    kernel: str
    disturbed: bool
    clipped: float | None
    distribution: str
    version: str
    checked: str


@dataclass(frozen=True)
class Column:
    """One task under one budget: its cells and its baselines."""

    title: str
    metric: str
    direction: str
    digits: int
    scores: Mapping[str, Score]
    baselines: Mapping[str, float]
    """Name to score, the best one last."""
    pairs: Sequence[Pair]
    """Every two cells without a failed run."""
    runs: Mapping[str, Sequence[RunRecord]]
    """What the scores are of: cell to its runs."""
    looks: tuple[int, ...] = ()
    """The numbers of seeds at which it was looked whether more are added; empty where that was fixed before."""


@dataclass(frozen=True)
class Comparison:
    """The whole table."""

    columns: Sequence[Column]
    cells: Sequence[str]
    notes: Sequence[str] = field(default=())
    trials: Sequence[RunRecord] = field(default=(), repr=False)
    """What settings were chosen by."""

    @property
    def scores(self) -> list[Score]:
        """Every cell on every task."""
        return [score for column in self.columns for score in column.scores.values()]


def compare(
    records: Iterable[RunRecord], baselines: Iterable[BaselineRecord], looks: tuple[int, ...] | None = None
) -> Comparison:
    """Build the table of some records. Cells and tasks stand in the order in which they first appear.

    Args:
        records: of runs and of trials.
        baselines: of the tasks' trivial predictors.
        looks: at which numbers of seeds it was looked whether more are run, where the records are not to say that.
    """
    records = list(records)
    groups, notes = contests(records)
    trivial = {record.spec.key: record for record in baselines}
    cells_of = [by_cell(group) for _, group in groups]
    rivals = [_contest(title, cells, looks) for (title, _), cells in zip(groups, cells_of, strict=True)]
    found = zip(rivals, compare_all(rivals), cells_of, strict=True)
    columns = [_column(contest, pairs, cells, trivial) for contest, pairs, cells in found]
    cells = dict.fromkeys(cell for column in columns for cell in column.scores)
    notes += [*_unequal(columns), *_unlike(groups), *_chosen(groups)]
    table = Comparison(columns, list(cells), notes, [record for record in records if record.spec.trial])
    return replace(table, notes=[*notes, *costs.notes(table.scores)])


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


def _contest(title: str, cells: Mapping[str, Sequence[RunRecord]], looks: tuple[int, ...] | None) -> Contest:
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
    return Contest(title, name, direction, scores, _looks(cells) if looks is None else looks, solved if known else {})


def _looks(cells: Mapping[str, Sequence[RunRecord]]) -> tuple[int, ...]:
    """At which numbers of seeds it was looked whether more are added; of several plans that which goes furthest."""
    found = dict.fromkeys(run.setup.looks for runs in cells.values() for run in runs)
    return max(found, key=lambda looks: looks[-1:])


def _column(
    contest: Contest,
    pairs: Sequence[Pair],
    cells: Mapping[str, Sequence[RunRecord]],
    trivial: Mapping[str, BaselineRecord],
) -> Column:
    name, direction, digits = metric = _metric(cells)
    letters, best = contest.letters(pairs), contest.best(pairs)
    scores = {
        cell: _score(contest.task, cell, runs, metric, letters=letters.get(cell, ""), best=cell in best)
        for cell, runs in cells.items()
    }
    baselines = _baselines(next(iter(cells.values()))[0], trivial, name, direction)
    return Column(contest.task, name, direction, digits, scores, baselines, pairs, cells, contest.looks)


def _metric(cells: Mapping[str, Sequence[RunRecord]]) -> tuple[str, str, int]:
    """The name, the direction and the digits of what is compared."""
    metric = next((run.metrics[0] for runs in cells.values() for run in runs if run.metrics), {})
    return metric.get("name", ""), metric.get("direction", "lower"), metric.get("digits", 4)


def by_cell(group: Iterable[RunRecord]) -> dict[str, list[RunRecord]]:
    """The runs of each row."""
    cells: dict[str, list[RunRecord]] = defaultdict(list)
    for record in group:
        cells[record.setup.row].append(record)
    return cells


def _score(
    title: str, cell: str, runs: Sequence[RunRecord], metric: tuple[str, str, int], *, letters: str, best: bool
) -> Score:
    name, direction, digits = metric
    done = [run for run in runs if run.status == "finished"]
    values = np.array([run.scores[name] for run in done], dtype=float)
    mean, low, high = mean_interval(values) if done else (math.nan, math.nan, math.nan)
    failed = [run for run in runs if run.status != "finished"]
    failures = Counter(f"{run.status}: {run.reason}" if run.reason else run.status for run in failed)
    sized = next((run for run in runs if run.parameters), runs[0])
    return Score(
        cell=cell,
        task=title,
        metric=name,
        direction=direction,
        digits=digits,
        mean=mean,
        low=low,
        high=high,
        median=float(np.median(values)) if done else math.nan,
        iqm=interquartile_mean(values) if done else math.nan,
        seeds=len(done),
        failed=len(failed),
        failures=dict(failures),
        best=best,
        letters=letters,
        **_solved(runs),
        parameters=sized.parameters,
        recurrent_parameters=sized.recurrent_parameters,
        hidden_size=sized.hidden_size,
        state_size=sized.state_size,
        flops_per_step=sized.flops_per_step,
        matched=sized.spec.size.by,
        mismatch=sized.spec.size.mismatch(sized),
        **costs.costs(done),
        clipped=costs.summary(fmean, [run.clipped for run in done]),
        distribution=runs[0].spec.cell.distribution,
        version=runs[0].spec.cell.version,
        checked=min(certified(run) for run in {(run.checked, id(run.environment)): run for run in runs}.values()),
    )


def _solved(runs: Sequence[RunRecord]) -> dict[str, Any]:
    """What a score says of solving, where that makes sense; runs that failed count: they did not solve it."""
    if all(run.solved is None for run in runs):
        return dict.fromkeys(("solved", "solved_low", "solved_high", "solved_step"))
    count = sum(bool(run.solved) for run in runs)
    low, high = wilson_interval(count, len(runs))
    steps = {id(run): run.solved_step for run in runs if run.solved and run.solved_step is not None}
    step = median_time(list(steps.values()), [run.setup.recipe.steps for run in runs if id(run) not in steps])
    return {
        "solved": count,
        "solved_low": low,
        "solved_high": high,
        "solved_step": step if math.isfinite(step) else None,
    }


def _unequal(columns: Iterable[Column]) -> list[str]:
    """Which cells are further from the size asked for than a reader would think."""
    return [
        f"{score.cell} on {score.task} has {abs(score.mismatch):.0%} {'more' if score.mismatch > 0 else 'fewer'} "
        f"{UNITS[score.matched]} than asked for: no hidden size comes nearer."
        for column in columns
        for score in column.scores.values()
        if score.mismatch is not None and abs(score.mismatch) > TOLERATED
    ]


def _unlike(groups: Iterable[tuple[str, Sequence[RunRecord]]]) -> list[str]:
    """Which cells were trained by settings that others were not given, and what these have instead."""
    notes: dict[str, list[str]] = defaultdict(list)
    for title, group in groups:
        given: dict[str, set[tuple[str, ...]]] = defaultdict(set)
        rows = {spec.row: spec for spec in (record.setup for record in group)}
        for spec in rows.values():
            given[spec.cell.label].add(spec.knobs)
        if len({frozenset(knobs) for knobs in given.values()}) == 1:
            continue  # all had the same choice
        for spec in rows.values():
            common = [(name, old) for name, old in spec.shared.items() if getattr(spec.recipe, name) != old]
            if common:
                others = ", ".join(f"{name}={text_of(old)}" for name, old in common)
                notes[f"{spec.row} has settings of its own: the recipe that all share has {others}"].append(title)
    return [f"{note} ({', '.join(titles)})." for note, titles in notes.items()]


def _chosen(groups: Iterable[tuple[str, Sequence[RunRecord]]]) -> list[str]:
    """What trials chose for each cell."""
    notes = []
    for title, group in groups:
        if tune := group[0].setup.tune:
            rows = {spec.row: f"{spec.row} {' '.join(spec.chosen)}" for spec in (record.setup for record in group)}
            settings = ", ".join(rows.values())
            notes.append(f"{title}: each cell has the settings of the best of {tune} trials on validation: {settings}.")
    return notes


def _baselines(run: RunRecord, trivial: Mapping[str, BaselineRecord], metric: str, direction: str) -> dict[str, float]:
    from harness.runs.spec import BaselineSpec  # noqa: PLC0415

    record = trivial.get(BaselineSpec(run.spec.task, run.spec.data).key)
    scores = {b["name"]: b["scores"][metric] for b in record.baselines if metric in b["scores"]} if record else {}
    return dict(sorted(scores.items(), key=lambda item: item[1], reverse=direction == "lower"))
