"""The terms of a sum, in the order in which torch adds them up with the fewest operations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.modeling.engine.form.node import Node

FIRST = ("plain", "mm", "mul", "neg")
"""Kinds of terms that others can be added to, the best one first."""
OTHERS = ("mm", "mul", "minus mul", "neg", "plain")


@dataclass(frozen=True)
class Term:
    """A term of a sum.

    Attributes:
        kind: mm, mul or neg, which nothing else reads; minus mul, the negative of such a product; or plain.
        node: the term.
        factors: of a product; what a negative is the negative of.
        inside: nodes that need no operation of their own.
    """

    kind: str
    node: Node
    factors: tuple[Node, ...] = ()
    inside: tuple[Node, ...] = ()


def terms_of(total: Node, alone: Callable[[Node], bool], full: Callable[[Node], bool]) -> list[Term]:
    """The terms of a sum, the first as large as the whole; none where there is no such term.

    Args:
        total: the sum.
        alone: whether a node is computed for one other node only.
        full: whether a value is (batch, width), and not less, which goes for all rows.
    """

    def term(node: Node) -> Term:
        if alone(node) and full(node) and all(full(arg) or arg.op in {"vector", "matrix"} for arg in node.args):
            if node.op == "mul" or (node.op == "mm" and node.width == total.width):
                return Term(node.op, node, node.args, (node,))
            if node.op == "neg":
                inner = term(node.args[0])
                minus = inner.kind == "mul"
                return Term("minus mul" if minus else "neg", node, inner.factors if minus else node.args,
                            (node, *inner.inside) if minus else (node,))  # fmt: skip
        return Term("plain", node)

    terms = sorted(map(term, total.args), key=lambda term: OTHERS.index(term.kind))
    large = [term for term in terms if term.kind in FIRST and term.node.width == total.width and full(term.node)]
    first = min(large, key=lambda term: FIRST.index(term.kind), default=None)
    return [first, *(term for term in terms if term is not first)] if first else []
