"""The interface of all executors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from harness.errors import HarnessError
from harness.runs.device import resolve
from harness.runs.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.runs.limits import Keeping
    from harness.runs.record import Record
    from harness.runs.spec import RunSpec, Spec


@dataclass(frozen=True)
class Progress:
    """How far a run has come: the step it is at, and that step's training loss."""

    step: int
    loss: float


class Listener:
    """Is told what happens to the runs; does nothing unless a subclass says otherwise."""

    def started(self, spec: Spec) -> None:
        """A run has been handed out."""

    def progress(self, spec: Spec, progress: Progress) -> None:
        """A run has come further."""

    def waiting(self, count: int) -> None:
        """Nothing is left but so many runs that another command is at."""


class Executor(ABC):
    """Maps `execute` over specs.

    Its options are the keyword arguments of its constructor, with defaults, and can be set in its name:
    `ray:cpus=2:gpus=0.5`. Making one reaches for nothing: `check` does.
    """

    here: ClassVar[bool] = False
    """Whether it executes runs in this very process, where what is the end of one is the end of all."""

    @classmethod
    def device(cls, name: str) -> str:
        """The device of the runs where the user named this one: auto, cpu, cuda or cuda:N.

        Raises:
            HarnessError: there is no such device.
        """
        return resolve(name)

    def places(self) -> int:
        """How many runs it executes at a time, so that none of the long ones is left alone at the end."""
        return 1

    def limit(self, limits: Limits) -> None:
        """Hold the runs to limits.

        Raises:
            HarnessError: it cannot end a run that goes over them.
        """
        if limits != Limits():
            option = "--memory-limit" if limits.seconds is None else "--time-limit"
            raise HarnessError(f"{option} cannot be held by this executor: leave one of them out.")

    def keep(self, keeping: Keeping) -> None:
        """Keep checkpoints so, and go on from those that are there.

        Raises:
            HarnessError: it keeps none, and is asked to.
        """
        if keeping.every is not None:
            raise HarnessError("--checkpoint-every cannot be held by this executor: leave one of them out.")

    def reach(self) -> None:  # noqa: B027 - there may be nothing to see to
        """See that there is what it hands runs to, as far as a look tells: called before all else.

        Raises:
            HarnessError: there is not; it says what to install, or what does not answer.
        """

    def check(self, specs: Iterable[RunSpec]) -> None:  # noqa: B027 - likewise
        """See that runs can be executed, before any is.

        Args:
            specs: one of each kind: every task with every cell.

        Raises:
            HarnessError: they cannot; it says what is missing, and where.
        """

    @abstractmethod
    def run(self, specs: Iterable[Spec], listener: Listener) -> Iterator[Record]:
        """Execute the specs and give each record as soon as it is there, in the order in which they end.

        Specs are taken one by one as they are needed, so that there may be any number of them.
        """

    @abstractmethod
    def stop(self) -> None:
        """Hand out no more runs; those in flight are finished. It is called from a signal handler."""

    @abstractmethod
    def close(self) -> None:
        """End at once; runs in flight are dropped."""
