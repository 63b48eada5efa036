"""The intermediate form of a step: values of each row of a batch, and how one is made of others."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from harness.modeling.engine.form.columns import COLUMNS
from harness.modeling.engine.form.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Iterable


class Part(IntEnum):
    """What a value depends on: it is computed once, for all time steps at once, or step by step."""

    PARAMETERS = 0
    INPUT = 1
    STATE = 2


@dataclass(frozen=True, eq=False)
class Node:
    """A value: (batch, width), or (width) where it depends on parameters only.

    A width of 1 stands for one number a row, and goes with any other width.

    Attributes:
        number: in the order in which nodes were made.
        op: a pointwise operator of `OPERATORS`, or input, state, carry, vector, matrix, constant, mm, linear, slice,
            cat, sum, amax, cumsum, expand; take, put; repeat, tile, sum_inner, sum_outer, amax_inner: see `Graph`.
        args: what it is made of.
        attr: what else the operator needs.
        width: columns.
        part: what it depends on.
    """

    number: int
    op: str
    args: tuple[Node, ...]
    attr: Any
    width: int
    part: Part

    @property
    def pointwise(self) -> bool:
        """Whether each column depends on the same column of its arguments only."""
        return self.op in OPERATORS or self.op == "expand"

    @property
    def looped(self) -> bool:
        """Whether it is computed column by column."""
        return self.pointwise or self.op in COLUMNS

    @property
    def scattered(self) -> bool:
        """Whether it is added up, in no order of its columns, where it lies."""
        return self.op in {"put", "sum_outer"}


def ordered(roots: Iterable[Node]) -> list[Node]:
    """All nodes that some depend on, and these, each after its arguments."""
    found: dict[Node, None] = {}
    open_ = [(root, False) for root in reversed(list(roots))]
    while open_:
        node, ready = open_.pop()
        if ready:
            found[node] = None
        elif node not in found:
            open_ += [(node, True), *((arg, False) for arg in reversed(node.args))]
    return list(found)


def within(roots: Iterable[Node], given: Iterable[Node]) -> list[Node]:
    """What the roots are made of, as far as what is given, in order."""
    given = set(given)
    found: dict[Node, None] = {}
    open_ = list(roots)
    while open_:
        node = open_.pop()
        if node not in found:
            found[node] = None
            if node not in given:
                open_ += node.args
    return [node for node in ordered(found) if node in found]


def describe(roots: Iterable[Node]) -> list[str]:
    """What the roots compute, a line a node: equal for graphs that compute the same."""
    order: dict[Node, int] = {}
    lines = []
    for node in ordered(roots):
        order[node] = len(order)
        attr = "" if node.op in {"vector", "matrix"} else repr(node.attr)
        lines.append(f"{node.op} {[order[arg] for arg in node.args]} {attr} {node.width}")
    return lines
