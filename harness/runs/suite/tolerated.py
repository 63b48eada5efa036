"""What a suite tolerates: by metric, and by task and metric."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, PlainSerializer

from harness.errors import HarnessError, did_you_mean
from harness.runs.suite.tolerance import Tolerance

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

DEFAULT, SOLVED = "default", "solved"
"""The tolerance of the first metric of every task, and the share of seeds that solve a task, as a metric."""
FALLBACK = Tolerance(0.05, relative=True)

Allowed = Annotated[Tolerance, BeforeValidator(Tolerance.parse), PlainSerializer(lambda allowed: allowed.plain())]
Tolerated = dict[str, Allowed | dict[str, Allowed]]
"""By metric; in a table by task for one task alone."""


def usual() -> Tolerated:
    """What is tolerated where nothing is said."""
    return {DEFAULT: FALLBACK}


def on_task(tolerated: Tolerated, task: str, metrics: Sequence[str]) -> dict[str, Tolerance]:
    """What is compared on a task, and how much worse it may get.

    Args:
        tolerated: by the suite.
        task: its label.
        metrics: that the task has, the first one first.
    """
    general = {name: entry for name, entry in tolerated.items() if isinstance(entry, Tolerance)}
    own = tolerated.get(task, {})
    named = general | (own if isinstance(own, dict) else {})
    default = named.pop(DEFAULT, FALLBACK)
    return {metrics[0]: default} | {name: allowed for name, allowed in named.items() if name in metrics}


def check_metrics(
    tolerated: Tolerated, metrics: Mapping[str, Sequence[str]], place: Callable[[Sequence[str]], str]
) -> None:
    """See that there is what is tolerated: what a slip of the pen names would not be compared.

    Args:
        tolerated: by the suite.
        metrics: of each task, by its label.
        place: where in its file something stands.

    Raises:
        HarnessError: a task or metric is not there.
    """

    def check(name: str, known: Collection[str], problem: str, *path: str) -> None:
        if name not in known:
            begin = place(("tolerance", *path))
            raise HarnessError(f'{begin}: {problem} "{name}".{did_you_mean(name, known)}')

    every = dict.fromkeys([*(name for names in metrics.values() for name in names), DEFAULT])
    for name, entry in tolerated.items():
        if isinstance(entry, Tolerance):
            check(name, every, "no task of the suite has a metric", name)
            continue
        check(name, metrics, "the suite has no task", name)
        for metric in entry:
            check(metric, [*metrics[name], DEFAULT], f"{name} has no metric", name, metric)


def metric_names(task: Any) -> list[str]:  # noqa: ANN401 - a Task, class or instance
    """What can be compared on a task: its metrics, and whether it was solved where that makes sense."""
    return [metric.name for metric in task.metrics] + ([SOLVED] if task.solved is not None else [])
