"""The derivative of a graph, as a graph: backward accumulation, node by node."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING

from harness.modeling.engine.form.node import Part, within
from harness.modeling.engine.form.operators import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.modeling.engine.form.graph import Graph
    from harness.modeling.engine.form.node import Node

TURNED = {"repeat": "sum_inner", "sum_inner": "repeat", "tile": "sum_outer", "sum_outer": "tile"}
"""What makes the gradient of an operator's argument of its own."""
Piece = tuple[int, int, "Node"]
"""A part of a gradient: from a column to a column."""
Handed = tuple["Node", "Node", int]
"""What an argument is handed on: it, the gradient, and the column at which that begins."""


@dataclass
class Gradients:
    """With respect to what a graph starts from.

    Attributes:
        leaves: of each leaf that has one, (batch, width).
        vectors: of each vector of the parameters, a row for each of the batch: their sum is the gradient.
        products: of each matrix, as a ⊗ g of rows: the sum over the batch of the outer products is the gradient.
    """

    leaves: dict[Node, Node] = field(default_factory=dict)
    vectors: dict[Node, Node] = field(default_factory=dict)
    products: list[tuple[Node, Node, Node]] = field(default_factory=list)


def derive(graph: Graph, outputs: Mapping[Node, Node], leaves: Sequence[Node]) -> Gradients:
    """The gradients of Σ output · gradient.

    Args:
        graph: makes the nodes.
        outputs: the gradient with respect to each output.
        leaves: what counts as given; nothing is differentiated beyond it.
    """
    found = Gradients()
    pieces: dict[Node, list[Piece]] = defaultdict(list)
    for output, gradient in outputs.items():
        pieces[output].append((0, output.width, gradient))
    for node in reversed(within(outputs, leaves)):
        if node not in pieces:
            continue  # no gradient reaches it: a constant, a matrix, what is behind a stop
        gradient = _joined(graph, node, pieces[node])
        if node in leaves:
            found.leaves[node] = gradient
        elif node.op == "vector":
            found.vectors[node] = gradient
        elif node.args:
            for arg, handed, start in _backward(graph, node, gradient, found):
                summed = graph.rows(handed) if arg.width == 1 else handed
                stop = start + node.width if node.op == "slice" else arg.width
                pieces[arg].append((start, stop, summed))
    return found


def _backward(graph: Graph, node: Node, d: Node, found: Gradients) -> Iterator[Handed]:
    """What the gradient of a node hands on to its arguments."""
    if node.op in OPERATORS:
        for arg, gradient in zip(node.args, OPERATORS[node.op].derivative(graph, node, d), strict=True):
            if gradient is not None and arg.op != "constant":
                yield arg, gradient, 0
    elif node.op in {"mm", "linear"}:
        yield from _product(graph, node, d, found)
    elif node.op == "cat":
        starts = accumulate((part.width for part in node.args), initial=0)
        yield from ((p, graph.slice(d, start, start + p.width), 0) for p, start in zip(node.args, starts, strict=False))
    elif node.op in {"amax", "amax_inner"}:
        yield node.args[0], _to_largest(graph, node, d), 0
    elif node.op == "cumsum":
        yield node.args[0], graph.cumsum(d, back=True), 0
    elif node.op == "take":
        yield node.args[0], graph.put(d, node.args[1], node.args[0].width), 0
    elif node.op in TURNED:
        yield node.args[0], getattr(graph, TURNED[node.op])(graph.expand(d, node.width), node.args[0].width), 0
    else:  # a slice hands on to its columns; sum and expand what they are given
        yield node.args[0], d, node.attr or 0


def _to_largest(graph: Graph, node: Node, d: Node) -> Node:
    """A gradient shared out among the largest."""
    a = node.args[0]
    if node.op == "amax":
        taken = graph.apply("eq", a, node)
        return graph.mul(d, graph.apply("div", taken, graph.rows(taken)))
    taken = graph.apply("eq", a, graph.repeat(node, a.width))
    shared = graph.apply("div", d, graph.sum_inner(taken, node.width))
    return graph.mul(graph.repeat(shared, a.width), taken)


def _product(graph: Graph, node: Node, d: Node, found: Gradients) -> Iterator[Handed]:
    operand, matrix, *bias = node.args
    found.products.append((matrix, operand, d))
    if operand.part > Part.PARAMETERS:
        yield operand, graph.mm(d, matrix, transposed=not node.attr), 0
    if bias:
        yield bias[0], d, 0


def _joined(graph: Graph, node: Node, pieces: list[Piece]) -> Node:
    """The sum of the parts of a gradient, each over its own columns."""
    bounds = sorted({0, node.width, *(bound for start, stop, _ in pieces for bound in (start, stop))})
    columns = []
    for low, high in itertools.pairwise(bounds):
        over = [(start, piece) for start, stop, piece in pieces if start <= low and high <= stop]
        total = graph.add(*(graph.slice(piece, low - start, high - start) for start, piece in over))
        columns.append(graph.expand(total, high - low))
    return graph.cat(columns)
