"""The runs that are handed out to a Ray cluster, until they are records."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError
from harness.runs.executors.failures import failure, overdue
from harness.runs.executors.remote import TRIES, Attempt, lost

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.runs.executors.base import Listener
    from harness.runs.executors.ray.cluster import Cluster
    from harness.runs.executors.remote import Code
    from harness.runs.limits import Limits
    from harness.runs.record import Record
    from harness.runs.spec import Spec


class Flight:
    """The runs that are handed out.

    Args:
        cluster: to which.
        code: that of this machine, which the nodes must have.
        listener: is told how far they are.
        limits: what a run may take.
    """

    def __init__(self, cluster: Cluster, code: Code, listener: Listener, limits: Limits) -> None:
        self._ray = cluster.ray
        self._task = cluster.task()
        self._post = cluster.post
        self._code = code
        self._listener = listener
        self._limits = limits
        self._attempts: dict[Any, Attempt] = {}
        self._begun: set[str] = set()
        self._since: dict[str, float] = {}
        """The moment when each attempt was first heard of, on the monotonic clock."""
        self._recalled = False

    def __len__(self) -> int:
        return len(self._attempts)

    def hand_out(self, attempt: Attempt) -> None:
        """Let the cluster have a run."""
        self._attempts[self._task.remote(attempt.spec, self._code, self._post)] = attempt

    def look(self) -> None:
        """Pass on what the runs have told since the last look."""
        try:
            told = self._ray.get(self._post.collect.remote())
        except self._ray.exceptions.RayActorError:  # it was on a node that is gone: runs go on untold
            return
        specs = {attempt.spec.key: attempt.spec for attempt in self._attempts.values()}
        for key, progress in told.items():
            if key in specs:
                self._begin(specs[key])
                self._since.setdefault(key, time.monotonic())
                if progress.step:
                    self._listener.progress(specs[key], progress)
        for reference, attempt in self._attempts.items():
            if self._is_late(attempt.spec):
                self._ray.cancel(reference, force=True)

    def recall(self) -> None:
        """Take back what has not begun."""
        if self._recalled:
            return
        self._recalled = True
        self.look()
        for reference, attempt in self._attempts.items():
            if attempt.spec.key not in self._begun:
                self._ray.cancel(reference)

    def ended(self, patience: float) -> Iterator[Record | Attempt]:
        """The records that have come, and what got lost and is to be handed out again."""
        ready, _ = self._ray.wait(list(self._attempts), num_returns=1, timeout=patience)
        for reference in ready:
            attempt = self._attempts.pop(reference)
            outcome = self._outcome(reference, attempt)
            if outcome is not None:
                self._begin(attempt.spec)
                yield outcome

    def _outcome(self, reference: Any, attempt: Attempt) -> Record | Attempt | None:  # noqa: ANN401 - Ray's own type
        """A record, a run to hand out again, or None for one that was taken back."""
        errors = self._ray.exceptions
        try:
            record: Record = self._ray.get(reference)
        except errors.RayTaskError as error:
            raise error.cause if isinstance(error.cause, HarnessError) else error from None
        except errors.RayError as error:
            if self._is_late(attempt.spec):
                return failure(attempt.spec, "out of time", overdue(self._limits))
            if self._recalled or isinstance(error, errors.TaskCancelledError):
                return None
            self._since.pop(attempt.spec.key, None)
            if attempt.tries < TRIES:
                return Attempt(attempt.spec, attempt.tries + 1)
            return lost(attempt, f"it was lost with its worker or its node ({type(error).__name__})")
        return record

    def _begin(self, spec: Spec) -> None:
        if spec.key not in self._begun:
            self._begun.add(spec.key)
            self._listener.started(spec)

    def _is_late(self, spec: Spec) -> bool:
        since, limit = self._since.get(spec.key), self._limits.seconds
        return limit is not None and since is not None and time.monotonic() - since >= limit
