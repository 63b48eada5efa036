"""Trials: what `--tune` runs before all else, and the settings that it chooses by them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.training.settings import change
from harness.training.space import points

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.runs.record import RunRecord
    from harness.runs.spec import RunSpec
    from harness.training.task import Task

TRIAL_SEED = 1_000_000
"""Of all trials: none that the runs after them have, so that these see nothing of the choice."""


def trials(row: RunSpec, task: Task, count: int) -> list[RunSpec]:
    """The trials of a row of the tables to come.

    Args:
        row: one of its runs.
        task: of it.
        count: how many.
    """
    space = task.space(row.recipe)
    common = {name: getattr(row.recipe, name) for name in space}
    recipes = [change(row.recipe, point, f"space of {row.task.label}") for point in points(space, count)]
    return [
        replace(row, recipe=recipe, seed=TRIAL_SEED, tuned=common, trial=number)
        for number, recipe in enumerate(recipes, start=1)
    ]


def chosen(row: RunSpec, trials: list[RunSpec], known: Mapping[str, RunRecord]) -> RunSpec:
    """The row with the settings of its best trial on validation; of the first one where none finished.

    Args:
        row: one of its runs.
        trials: all of it.
        known: what became of trials, by key.
    """
    done = [known[trial.key] for trial in trials if trial.key in known and known[trial.key].status == "finished"]
    best = min(done, key=_loss).spec if done else trials[0]
    changes = (*row.changes, f"tune={len(trials)}")
    return replace(row, recipe=best.recipe, tuned=best.tuned, tune=len(trials), changes=changes)


def _loss(trial: RunRecord) -> float:
    """How well a trial did on validation: smaller is better, whatever the direction of its metric."""
    metric = trial.metrics[0]
    score = float(trial.validation[metric["name"]])
    return score if metric["direction"] == "lower" else -score
