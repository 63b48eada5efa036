"""What a stage computes row by row, as loops over the columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.modeling.engine.form.node import Node

LONG = frozenset(
    {"sigmoid", "tanh", "exp", "expm1", "log", "log1p", "log_sigmoid", "logaddexp", "sin", "cos", "atan", "erf", "pow"}
)
"""Functions of many operations, each of which waits for the one before."""
ADDING_UP = frozenset({"sum", "amax", "put", "sum_inner", "sum_outer", "amax_inner"})
"""What is made of all columns of an argument, and so is known after the loop only."""


@dataclass
class Loop:
    """Nodes that are computed in one loop over the columns.

    Attributes:
        width: how many columns there are.
        way: "any" where columns do not depend on each other; else "up" or "down".
        outer: as the rows of how many the columns are seen, where a node asks for that; else 0.
    """

    width: int
    way: str
    outer: int = 0
    nodes: list[Node] = field(default_factory=list)

    def takes(self, node: Node) -> bool:
        """Whether a node is computed over the same columns, in the same way."""
        alike = not self.outer or outer(node) in {0, self.outer}
        return alike and (width(node), _way(node)) == (self.width, self.way)


def form(nodes: Sequence[Node], sources: Callable[[Node], list[Node]]) -> list[Loop]:
    """Nodes of one width in one loop, as long as none waits for a number that another loop adds up.

    A long function of a long function is in a later loop, too. One after the other they would take longer than a
    processor looks ahead, so that it could not overlap them with those of the next columns.

    Args:
        nodes: in an order in which they can be computed.
        sources: the values that columns of a node are taken from.
    """
    left, loops = dict.fromkeys(nodes), []
    unknown, rounds = set(nodes), _rounds(nodes, sources)
    unwritten = set(nodes)

    def ready(node: Node) -> bool:
        return not any(source in missing(node, arg) for arg in node.args for source in sources(arg))

    def missing(node: Node, arg: Node) -> set[Node]:
        """What may not be read yet: where other columns are read than that of the loop, all of it has to be written."""
        return unwritten if node.op == "take" or arg.op == "slice" else unknown

    while left:
        first = min((node for node in left if ready(node)), key=lambda node: rounds[node])
        loop = Loop(width(first), _way(first))
        for node in list(left):
            if loop.takes(node) and rounds[node] == rounds[first] and ready(node):
                loop.nodes.append(node)
                loop.outer = loop.outer or outer(node)
                del left[node]
                if node.op not in ADDING_UP:
                    unknown.discard(node)
        unknown -= set(loop.nodes)
        unwritten -= set(loop.nodes)
        loops.append(loop)
    return loops


def width(node: Node) -> int:
    """Over which columns a node is computed."""
    return node.args[0].width if node.op in ADDING_UP else node.width


def outer(node: Node) -> int:
    """As how many rows it sees columns; 0 where it does not care."""
    if node.op == "repeat":
        return node.args[0].width
    if node.op == "tile":
        return node.width // node.args[0].width
    if node.op == "sum_outer":
        return node.args[0].width // node.width
    return node.width if node.op in {"sum_inner", "amax_inner"} else 0


def _way(node: Node) -> str:
    if node.op not in {"cumsum", "put"}:
        return "any"
    return "down" if node.attr else "up"


def _rounds(nodes: Sequence[Node], sources: Callable[[Node], list[Node]]) -> dict[Node, int]:
    """Before how many long functions a node's value has to be known, counted from the first that waits for another.

    It is computed as late as that, so that little has to be kept until then.
    """
    chain: dict[Node, int] = {}
    users: dict[Node, list[Node]] = {}
    for node in nodes:
        known = [source for arg in node.args for source in sources(arg) if source in chain]
        chain[node] = max((chain[source] for source in known), default=0) + (node.op in LONG)
        for source in known:
            users.setdefault(source, []).append(node)
    rounds: dict[Node, int] = {}
    for node in reversed(nodes):
        latest = [rounds[user] - (user.op in LONG and chain[node] > 0) for user in users.get(node, [])]
        rounds[node] = min(latest, default=max(0, chain[node] - 1))
    return rounds
