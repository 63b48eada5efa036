"""The runs that are handed out as jobs, until they are records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError
from harness.runs.executors.remote import TRIES, Attempt, lost, refused
from harness.runs.executors.slurm.job import Refusal, execute_there
from harness.runs.executors.slurm.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from harness.runs.executors.base import Listener
    from harness.runs.executors.remote import Code
    from harness.runs.record import Record


class Flight:
    """The jobs that have been submitted.

    Args:
        submitter: submitit's executor, which knows what a job may take.
        place: a folder that this machine and the nodes share.
        code: that of this machine, which the nodes must have.
        listener: is told how far runs are.
    """

    def __init__(self, submitter: Any, place: Path, code: Code, listener: Listener) -> None:  # noqa: ANN401 - submitit's
        self._submitter = submitter
        self._place = place
        self._code = code
        self._watch = Watch(place, listener)
        self._jobs: dict[Any, list[Attempt]] = {}
        self._recalled = False

    def __len__(self) -> int:
        return len(self._jobs)

    def submit(self, batches: Sequence[list[Attempt]]) -> None:
        """Submit a job for each batch, all at once: Slurm likes one array better than many single jobs."""
        if not batches:
            return
        from submitit.core.utils import FailedJobError, FailedSubmissionError  # noqa: PLC0415 - an extra

        jobs = []
        try:
            with self._submitter.batch():
                for batch in batches:
                    specs = [attempt.spec for attempt in batch]
                    jobs.append(self._submitter.submit(execute_there, specs, self._code, str(self._place)))
        except (FailedJobError, FailedSubmissionError, OSError) as error:
            raise HarnessError(f"Slurm takes no jobs: {' '.join(str(error).split())}") from error
        self._jobs.update(zip(jobs, batches, strict=True))

    def look(self) -> None:
        """Pass on what the runs have told since the last look."""
        self._watch.look(attempt.spec for attempts in self._jobs.values() for attempt in attempts)

    def ended(self) -> Iterator[Record | Attempt]:
        """The records that have come, and what got lost and is to be handed out again."""
        for job in [job for job in self._jobs if job.done()]:
            for outcome in self._outcomes(job, self._jobs.pop(job)):
                if not isinstance(outcome, Attempt):
                    self._watch.begin(outcome.spec)
                yield outcome

    def recall(self) -> None:
        """Cancel the jobs of which nothing has begun."""
        if self._recalled:
            return
        self._recalled = True
        self.look()
        waiting = [job for job, attempts in self._jobs.items() if not self._has_begun(attempts)]
        for job in waiting:
            job.cancel(check=False)
            del self._jobs[job]

    def cancel(self) -> None:
        """Cancel all jobs."""
        self._recalled = True
        for job in self._jobs:
            job.cancel(check=False)
        self._jobs.clear()

    def _has_begun(self, attempts: Sequence[Attempt]) -> bool:
        return any(self._watch.has_begun(attempt.spec) for attempt in attempts)

    def _outcomes(self, job: Any, attempts: list[Attempt]) -> Iterator[Record | Attempt]:  # noqa: ANN401 - submitit's
        """The records of a job that has ended, and its runs that are to be handed out again."""
        from submitit.core.utils import FailedJobError, UncompletedJobError  # noqa: PLC0415 - an extra

        try:
            answer = job.result()
        except FailedJobError:  # a bug, with its traceback
            raise
        except UncompletedJobError:
            if self._recalled:
                return
            for attempt in attempts:
                if attempt.tries < TRIES:
                    yield Attempt(attempt.spec, attempt.tries + 1)
                else:
                    yield lost(attempt, f"it was lost with its job ({job.state.lower().replace('_', ' ')})")
            return
        if isinstance(answer, Refusal):
            raise refused(answer.node, answer.difference)
        yield from answer
