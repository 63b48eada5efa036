"""What one cell reached on one task, from its runs."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.analysis.comparison.costs import costs, summary
from harness.analysis.statistics.intervals import interquartile_mean, mean_interval, wilson_interval
from harness.analysis.statistics.survival import median_time
from harness.runs.certified import certified

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.runs.record import RunRecord


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

    @classmethod
    def of(
        cls,
        task: str,
        cell: str,
        runs: Sequence[RunRecord],
        metric: tuple[str, str, int],
        *,
        letters: str,
        best: bool,
    ) -> Score:
        """That of some runs.

        Args:
            task: the title of their column.
            cell: their row.
            runs: one at least.
            metric: name, direction and digits.
            letters: see above.
            best: likewise.
        """
        name, direction, digits = metric
        done = [run for run in runs if run.status == "finished"]
        failed = [run for run in runs if run.status != "finished"]
        failures = Counter(f"{run.status}: {run.reason}" if run.reason else run.status for run in failed)
        return cls(
            cell=cell,
            task=task,
            metric=name,
            direction=direction,
            digits=digits,
            **_reached([run.scores[name] for run in done]),
            seeds=len(done),
            failed=len(failed),
            failures=dict(failures),
            best=best,
            letters=letters,
            **_solved(runs),
            **_size(runs),
            **costs(done),
            clipped=summary(fmean, [run.clipped for run in done]),
            distribution=runs[0].spec.cell.distribution,
            version=runs[0].spec.cell.version,
            checked=min(certified(run) for run in {(run.checked, id(run.environment)): run for run in runs}.values()),
        )


def _reached(scores: Sequence[float]) -> dict[str, Any]:
    """What a score says of those of finished runs."""
    if not scores:
        return dict.fromkeys(("mean", "low", "high", "median", "iqm"), math.nan)
    values = np.array(scores, dtype=float)
    mean, low, high = mean_interval(values)
    median, iqm = float(np.median(values)), interquartile_mean(values)
    return {"mean": mean, "low": low, "high": high, "median": median, "iqm": iqm}


def _size(runs: Sequence[RunRecord]) -> dict[str, Any]:
    """What a score says of the size of its cell."""
    sized = next((run for run in runs if run.parameters), runs[0])
    names = ("parameters", "recurrent_parameters", "hidden_size", "state_size", "flops_per_step")
    matched, mismatch = sized.spec.size.by, sized.spec.size.mismatch(sized)
    return {**{name: getattr(sized, name) for name in names}, "matched": matched, "mismatch": mismatch}


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
