"""Runs that wait for a worker: each worker is given, of those that come next, one whose data it has read already."""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from harness.runs.spec import Spec


class Waiting:
    """Specs in their order, but for a look ahead.

    A process reads the data of a task once; so the fewer processes have a task, the less is read. The order, longest
    first, is what keeps a worker from being alone at the end: so the first is passed over at most `ahead` times.

    Args:
        specs: taken one by one, as late as may be.
        ahead: of how many of them one is chosen, and how often that may be another than the first.
    """

    def __init__(self, specs: Iterable[Spec], ahead: int) -> None:
        self._specs = iter(specs)
        self._ahead = ahead
        self._next: deque[Spec] = deque()
        self._passed = 0

    def take(self, mine: Collection[str], others: Collection[str]) -> Spec | None:
        """One for a worker; None where none is left.

        Args:
            mine: the tasks that it has had.
            others: those that the other workers have had.
        """
        self._next.extend(islice(self._specs, self._ahead - len(self._next)))
        if not self._next:
            return None
        tasks = [spec.task.label for spec in self._next]
        best = min(tasks, key=lambda task: (task not in mine, task in others))
        chosen = tasks.index(best) if self._passed < self._ahead else 0
        self._passed = self._passed + 1 if chosen else 0
        spec = self._next[chosen]
        del self._next[chosen]
        return spec
