"""The interface of all executors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.runs.record import Record
    from harness.runs.spec import Spec


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
    """Maps `execute` over specs."""

    @abstractmethod
    def run(self, specs: Iterable[Spec], listener: Listener) -> Iterator[Record]:
        """Execute the specs and give each record as soon as it is there, in the order in which they end."""

    @abstractmethod
    def stop(self) -> None:
        """Hand out no more runs; those in flight are finished."""

    @abstractmethod
    def close(self) -> None:
        """End at once; runs in flight are dropped."""
