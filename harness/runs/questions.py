"""Questions about runs before any is executed.

What answers them is other people's code: a cell may kill the process in which its first step is taken, or never come
back from it. So they are asked in a process of its own, unless all runs are executed in this one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from math import inf
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Literal

from harness.registry.guard import patience
from harness.runs.executors.worker import GRACE, Worker, context, start

if TYPE_CHECKING:
    from harness.errors import HarnessError
    from harness.modeling.sizing import Footprint
    from harness.runs.limits import Limits
    from harness.runs.spec import RunSpec

Question = Literal["recipe", "cell", "data", "size"]
"""Whether there is what its recipe names; whether its cell can be loaded; whether its data can be used; how large its
model is, and whether the engine that was asked for can run it."""


@dataclass(frozen=True)
class Answer:
    """What came of a question.

    Attributes:
        size: that was asked for; None where executing the run gives the row that says why there is none.
        error: what is wrong, which the user can mend.
        deeds: what plugins did meanwhile to the process that they were guests in.
        late: whether there is no answer, since it took too long.
    """

    size: Footprint | None = None
    error: HarnessError | None = None
    deeds: tuple[str, ...] = ()
    late: bool = False


class Asker(ABC):
    """Whom questions are put to."""

    @abstractmethod
    def ask(self, question: Question, spec: RunSpec) -> Answer:
        """Ask about a run."""

    def close(self) -> None:  # noqa: B027 - there may be nothing to end
        """End what answers."""


class Here(Asker):
    """This process."""

    def ask(self, question: Question, spec: RunSpec) -> Answer:
        """Answer in this process."""
        from harness.runs.answers import answer  # noqa: PLC0415 - it loads torch

        return answer(question, spec)


class Apart(Asker):
    """A process of its own, and another one where that dies of a question or takes too long.

    Args:
        limits: what a run may take; no answer takes longer, or more memory.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = replace(limits, seconds=min(patience() + GRACE, limits.seconds or inf))
        self._context = context()
        self._worker: Worker | None = None

    def ask(self, question: Question, spec: RunSpec) -> Answer:
        """Ask the process; it has as much time as it likes for data, which may be fetched or made."""
        limits = replace(self._limits, seconds=None) if question == "data" else self._limits
        worker = self._worker = self._worker or start(self._context, serve)
        worker.hand(spec, question)
        ended = None
        while ended is None and not wait([worker.connection], worker.patience(limits)):
            ended = worker.over(limits)
        answer = ended or worker.receive()
        if isinstance(answer, Answer):
            return answer
        self.close()  # it has died of the question, or was ended
        return Answer(late=answer.status == "out of time")

    def close(self) -> None:
        """End the process."""
        if self._worker is not None:
            self._worker.end()
            self._worker = None


def serve(connection: Connection) -> None:
    """What the process does: answer until it is ended."""
    from harness.runs.answers import answer  # noqa: PLC0415 - as above

    while asked := connection.recv():
        connection.send(answer(*asked))
