"""Splitting a step: what is done for all time steps at once, and what is left for the loop."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from harness.modeling.engine.form.node import Part, ordered
from harness.modeling.engine.form.parameters import Made

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import Size

    from harness.modeling.engine.form.graph import Graph
    from harness.modeling.engine.form.node import Node
    from harness.modeling.engine.tracing.trace import Trace


@dataclass(frozen=True)
class Split:
    """A step in two parts.

    Attributes:
        graph: that made the nodes.
        input: x.
        states: before the step.
        after: the new states, made of states, leaves and parameters.
        sizes: of a row of each state.
        leaves: what depends on x but on no state, and the loop reads: x itself, affine maps of it, and other things.
    """

    graph: Graph
    input: Node
    states: tuple[Node, ...]
    after: tuple[Node, ...]
    sizes: tuple[Size, ...]
    leaves: tuple[Node, ...]


def split(trace: Trace, *, inside: bool = False) -> Split:
    """Join products of one operand, and find what the loop reads.

    Args:
        trace: the step.
        inside: whether the loop computes what is pointwise in the input, too: compiled, it is one with the rest there.
    """
    graph = trace.graph
    after = _Joining(graph, trace.after).all(trace.after)
    after = _Inside(graph, after).all(after) if inside else after
    affine = _affine(graph, _leaves(after))
    after = _Replacing(graph, affine).all(after)
    after = tuple(_own(graph, after, number) for number in range(len(after)))
    return Split(graph, trace.input, trace.states, after, trace.sizes, tuple(_leaves(after)))


def _own(graph: Graph, after: tuple[Node, ...], number: int) -> Node:
    """A new state as a value that the loop computes, and that is no other new state."""
    node = after[number]
    computed = node.pointwise and node.part == Part.STATE and node not in after[:number]
    return node if computed else graph.make("copy", node, attr=number, part=Part.STATE)


def _leaves(after: Iterable[Node]) -> list[Node]:
    """The values of the input's part that values of the state's part are made of, whole where these take a slice."""
    found: dict[Node, None] = {}
    roots = list(after)
    for node in ordered(roots):
        for arg in (*(node.args if node.part == Part.STATE else ()), *([node] if node in roots else [])):
            if arg.part == Part.INPUT:
                found[arg.args[0] if arg.op == "slice" else arg] = None
    return list(found)


class _Replacing:
    """Makes nodes again with some of them replaced."""

    def __init__(self, graph: Graph, replaced: dict[Node, Node]) -> None:
        self.graph = graph
        self.replaced = dict(replaced)

    def all(self, roots: Iterable[Node]) -> tuple[Node, ...]:
        """The roots, made again."""
        roots = tuple(roots)
        for node in ordered(roots):
            if node not in self.replaced:
                self.replaced[node] = self.again(node, tuple(self.replaced[arg] for arg in node.args))
        return tuple(self.replaced[root] for root in roots)

    def again(self, node: Node, args: tuple[Node, ...]) -> Node:
        """A node with other arguments."""
        return self.graph.again(node, args)


class _Joining(_Replacing):
    """Makes products of a state with several matrices one product with all of them side by side."""

    def __init__(self, graph: Graph, roots: Iterable[Node]) -> None:
        super().__init__(graph, {})
        self.together: dict[Node, list[Node]] = defaultdict(list)
        for node in ordered(roots):
            if node.op == "mm" and node.part == Part.STATE:
                self.together[node.args[0]].append(node)

    def again(self, node: Node, args: tuple[Node, ...]) -> Node:
        """A node with other arguments; of a product that is joined, its columns."""
        products = self.together.get(node.args[0], []) if node.op == "mm" else []
        if len(products) < 2 or node.part != Part.STATE:  # noqa: PLR2004
            return super().again(node, args)
        joined = self.graph.mm(args[0], side_by_side(self.graph, [product.args[1] for product in products]))
        start = sum(product.width for product in products[: products.index(node)])
        return self.graph.slice(joined, start, start + node.width)


class _Inside(_Replacing):
    """Makes what is computed of products of the input a part of the loop; the products stay outside, each once."""

    def __init__(self, graph: Graph, roots: Iterable[Node]) -> None:
        super().__init__(graph, {})
        uses = {
            (arg, node if node.op == "add" and node.part == Part.INPUT else None)
            for node in ordered(roots)
            for arg in node.args
            if arg.op == "mm"
        }
        self.shared = {product for product, count in Counter(product for product, _ in uses).items() if count > 1}

    def again(self, node: Node, args: tuple[Node, ...]) -> Node:
        """A node with other arguments; of the input's part, of copies that the loop makes of them."""
        if node.part != Part.INPUT or not self._computed(node):
            return super().again(node, args) if node.part == Part.STATE else node
        return super().again(node, tuple(map(self._copied, args)))

    def _copied(self, arg: Node) -> Node:
        if arg.part != Part.INPUT:
            return arg
        return self.graph.make("copy", arg, attr="inside", part=Part.STATE)

    def _computed(self, node: Node) -> bool:
        """Whether a node is more than a product of the input, a sum of such that nothing else needs, or columns."""
        if node.op == "add" and any(arg in self.shared for arg in node.args):
            return True
        if node.op in {"slice", "add"}:
            return any(self._computed(arg) for arg in node.args if arg.part == Part.INPUT)
        return node.op not in {"input", "mm", "linear"}


def _affine(graph: Graph, leaves: list[Node]) -> dict[Node, Node]:
    """Affine maps of one operand, as columns of one affine map."""
    together: dict[Node, list[tuple[Node, Node, Node | None]]] = defaultdict(list)
    for leaf in leaves:
        terms = leaf.args if leaf.op == "add" else (leaf,)
        products = [term for term in terms if term.op == "mm"]
        biases = [term for term in terms if term.op in {"vector", "constant"}]
        if len(products) == 1 and len(products) + len(biases) == len(terms):
            together[products[0].args[0]].append((leaf, products[0].args[1], biases[0] if biases else None))
    replaced = {}
    for operand, maps in together.items():
        matrix = side_by_side(graph, [matrix for _, matrix, _ in maps])
        biases = [graph.constant(0) if bias is None else bias for _, _, bias in maps]
        wide = [_wide(graph, bias, leaf.width, matrix) for bias, (leaf, _, _) in zip(biases, maps, strict=True)]
        whole = graph.make("linear", operand, matrix, _joined(graph, wide), attr=False, width=matrix.width)
        start = 0
        for leaf, _, _ in maps:
            replaced[leaf] = graph.slice(whole, start, start + leaf.width)
            start += leaf.width
    return replaced


def side_by_side(graph: Graph, matrices: list[Node]) -> Node:
    """Matrices with equally many rows as one."""
    if len(matrices) == 1:
        return matrices[0]
    number = graph.parameters.make(torch.cat, [Made(matrix.attr[0]) for matrix in matrices], 1)
    return graph.matrix(number, matrices[0].attr[1], sum(matrix.width for matrix in matrices))


def _wide(graph: Graph, bias: Node, width: int, matrix: Node) -> Node:
    """A vector of a width, of a number or of a vector of one."""
    if bias.op == "constant":
        return graph.vector(graph.parameters.make(_full, Made(matrix.attr[0]), width, bias.attr), width)
    if bias.width == width:
        return bias
    return graph.vector(graph.parameters.make(torch.Tensor.expand, Made(bias.attr), (width,)), width)


def _joined(graph: Graph, vectors: list[Node]) -> Node:
    if len(vectors) == 1:
        return vectors[0]
    number = graph.parameters.make(torch.cat, [Made(vector.attr) for vector in vectors])
    return graph.vector(number, sum(vector.width for vector in vectors))


def _full(like: torch.Tensor, width: int, value: float) -> torch.Tensor:
    return like.new_full((width,), value)
