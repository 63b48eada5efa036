"""What the forward pass keeps for the backward pass, and what that computes again."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from harness.modeling.engine.form.node import Part, ordered
from harness.modeling.engine.planning.cut import beyond_cut

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from harness.modeling.engine.form.node import Node

COMPARISONS = frozenset({"gt", "ge", "lt", "le", "eq", "ne", "sign"})
SUMS = frozenset({"sum", "sum_inner", "sum_outer"})
ONCE = frozenset({"mm", "sum", "amax", "cumsum", "sum_inner", "sum_outer", "amax_inner"})
"""Products and sums over columns, which are never computed again."""


def exact(nodes: Iterable[Node]) -> set[Node]:
    """What some nodes compare or add up over a row, and so must not be computed again.

    A value that is computed again may differ by rounding, since a compiler joins a product and a sum in one place and
    not in another; then the largest of a row equals none of it any more, and shares of a sum do not add up to one.
    """
    open_ = [arg for node in nodes if node.op in COMPARISONS | SUMS for arg in node.args]
    found = set()
    while open_:
        node = open_.pop()
        if node.op in {"slice", "cat", "expand", "take", "repeat", "tile"}:
            open_ += node.args
        else:
            found.add(node)
    return found


def kept(
    needed: Iterable[Node], free: Sequence[Node], once: Collection[Node] = (), *, again: bool = True
) -> list[Node]:
    """The narrowest values from which those that are needed can be computed again.

    Products and sums over rows are never computed again. It is a minimum cut; of several, the one nearest to what is
    needed, so that least is computed again.

    Args:
        needed: what the backward pass reads of the forward pass.
        free: what is there anyhow: states, inputs.
        once: what is not to be computed again, either.
        again: whether pointwise values are computed again where that takes less memory.
    """
    capacities: dict[tuple[object, object], float] = {}
    needed = [node for node in needed if node.part > Part.PARAMETERS and node not in free]
    within = _until(needed, free)
    for node in within:
        given = node.part == Part.INPUT and not (node.op == "slice" and node.args[0] in free)
        capacities[(node, "in"), (node, "out")] = inf if node.op == "cat" and not given else node.width
        if given or node in once or node.op in ONCE or (node.pointwise and not again):
            capacities["source", (node, "in")] = inf
        for arg in node.args:
            if arg not in free and arg.part > Part.PARAMETERS:
                capacities[(arg, "out"), (node, "in")] = inf
    for node in needed:
        capacities[(node, "out"), "sink"] = inf
    far = beyond_cut(capacities, "source", "sink")
    return [node for node in within if (node, "in") not in far and (node, "out") in far]


def _until(needed: Sequence[Node], free: Sequence[Node]) -> list[Node]:
    """What is needed, and what that is made of, until what is free."""
    found: dict[Node, None] = {}
    open_ = [node for node in needed if node not in free]
    while open_:
        node = open_.pop()
        if node not in found:
            found[node] = None
            if node.part == Part.STATE:
                open_ += [arg for arg in node.args if arg not in free and arg.part > Part.PARAMETERS]
    return [node for node in ordered(found) if node in found]
