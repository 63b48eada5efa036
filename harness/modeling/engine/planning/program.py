"""Programs: what one pass over time steps reads, computes and writes, and where all of it lies."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

from harness.modeling.engine.form.node import within

if TYPE_CHECKING:
    from harness.modeling.engine.form.graph import Graph
    from harness.modeling.engine.form.node import Node


class Kind(Enum):
    """How a buffer is indexed; all but sums, vectors and matrices are (…, batch, width)."""

    HISTORY = "by the time step"
    PIECE = "by the time step within the piece of time that a call does"
    FEW = "by the time step within a few that are prepared together"
    TURNS = "by odd and even time steps"
    ROWS = "for the step that is being done"
    SUM = "by the thread, over time and batch"
    INDICES = "by the time step: integers, which unit vector each input is; none where these are not known"
    VECTOR = "for all"
    MATRIX = "for all, too"


@dataclass(frozen=True)
class Buffer:
    """Memory with a name, which is its place in the list of buffers that a program is given."""

    name: str
    width: int
    kind: Kind


@dataclass(frozen=True)
class Place:
    """Where a value lies: some columns of a buffer, at the time step or one later."""

    buffer: Buffer
    column: int = 0
    later: int = 0

    def at(self, column: int) -> Place:
        """A place further to the right."""
        return replace(self, column=self.column + column)


@dataclass
class Program:
    """One pass over time.

    Attributes:
        graph: makes nodes.
        backward: whether time runs backward.
        given: where values lie that are there.
        stored: where values are to be written.
        summed: what is to be added up over time and batch, each into a vector.
        prepared: affine maps of the input, and where each is written for a few steps at once.
    """

    graph: Graph
    backward: bool
    given: dict[Node, Place]
    stored: list[tuple[Node, Place]]
    summed: list[tuple[Node, Buffer]] = field(default_factory=list)
    prepared: dict[Node, Buffer] = field(default_factory=dict)

    def nodes(self) -> list[Node]:
        """All that is computed or read, in order."""
        return within([node for node, _ in [*self.stored, *self.summed]], self.given)
