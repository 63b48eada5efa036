"""What tuning gains: the best score that so many trials can be expected to find, and how much settings matter."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.analysis.comparison.contests import contests_of_trials

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.runs.record import RunRecord


@dataclass(frozen=True)
class Trial:
    """One trial: what it tried, and its validation score; None where it failed."""

    number: int
    settings: dict[str, Any]
    score: float | None


@dataclass(frozen=True)
class Tuning:
    """The trials of a cell on a task.

    Attributes:
        task: with what tells it from others.
        cell: the row.
        metric: of validation.
        direction: whether lower or higher is better.
        digits: of the metric, after the point.
        trials: in the order of their numbers.
        expected: the expected best score after one trial, two trials, and so on.
    """

    task: str
    cell: str
    metric: str
    direction: str
    digits: int
    trials: list[Trial]
    expected: list[float]

    @property
    def best(self) -> Trial | None:
        """The trial that was chosen; None where none finished."""
        done = [trial for trial in self.trials if trial.score is not None]
        choose = min if self.direction == "lower" else max
        return choose(done, key=lambda trial: trial.score or 0.0) if done else None


def tunings(records: Iterable[RunRecord]) -> list[Tuning]:
    """All trials among some records, by task and cell.

    A trial that failed counts, for what is expected, as the worst that any trial of the task scored.
    """
    found = []
    for title, group in contests_of_trials(records):
        metric = next((record.metrics[0] for record in group if record.metrics), None)
        if metric is None:
            continue
        rows: dict[str, list[Trial]] = {}
        for record in sorted(group, key=lambda record: record.spec.trial):
            rows.setdefault(record.spec.row, []).append(_trial(record, metric["name"]))
        sign = 1 if metric["direction"] == "lower" else -1
        scores = [trial.score for trials in rows.values() for trial in trials if trial.score is not None]
        worst = max(scores, key=lambda score: sign * score, default=math.nan)
        for cell, trials in rows.items():
            given = [worst if trial.score is None else trial.score for trial in trials]
            expected = expected_best(given, metric["direction"])
            found.append(Tuning(title, cell, metric["name"], metric["direction"], metric["digits"], trials, expected))
    return found


def _trial(record: RunRecord, metric: str) -> Trial:
    settings = {name: getattr(record.spec.recipe, name) for name in record.spec.tuned}
    score = record.validation.get(metric) if record.status == "finished" else None
    return Trial(record.spec.trial, settings, score if score is not None and math.isfinite(score) else None)


def expected_best(scores: Sequence[float], direction: str) -> list[float]:
    """The expected best of n scores drawn from those observed, for n from 1 to their number.

    Source: Dodge et al. 2019, Show your work: improved reporting of experimental results, equation 6: the sum of each
    score times the probability (i/N)ⁿ - ((i - 1)/N)ⁿ that it is the best of n, where it is the i-th from the worst.

    Args:
        scores: of all trials.
        direction: whether lower or higher is better.
    """
    ordered = sorted(scores, reverse=direction == "lower")  # the worst first
    total = len(ordered)
    return [
        sum(score * ((i / total) ** n - ((i - 1) / total) ** n) for i, score in enumerate(ordered, start=1))
        for n in range(1, total + 1)
    ]


def sensitivity(tuning: Tuning, setting: str = "learning_rate") -> list[tuple[float, float | None]]:
    """The score at each value of a setting, in the order of the values; nothing where it was not tried as a number."""
    pairs = [(trial.settings.get(setting), trial.score) for trial in tuning.trials]
    numbers = [(float(number), score) for number, score in pairs if isinstance(number, int | float)]
    return sorted(numbers, key=lambda pair: pair[0])
