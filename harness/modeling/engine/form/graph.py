"""Making nodes, in a form in which steps that compute the same look the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from harness.modeling.engine.form.columns import ADDING, COLUMNS
from harness.modeling.engine.form.node import Node, Part
from harness.modeling.engine.form.operators import OPERATORS
from harness.modeling.engine.form.parameters import Made, Parameters
from harness.modeling.engine.refused import refuse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MOST_TERMS = 12
"""Of a sum of sums that is made one."""
FROM_NOTHING = "its step computes with columns beside each other that depend on no input and no state"


class Graph:
    """Makes nodes, in a form in which steps that compute the same look the same. Equal nodes are one."""

    def __init__(self) -> None:
        self.parameters = Parameters()
        self._known: dict[Any, Node] = {}

    def make(self, op: str, *args: Node, attr: Any = None, width: int = 0, part: Part | None = None) -> Node:  # noqa: ANN401
        """A node as it is."""
        key = (op, args, attr, width)
        if key not in self._known:
            width = width or max(arg.width for arg in args)
            part = max(arg.part for arg in args) if part is None else part
            self._known[key] = Node(len(self._known), op, args, attr, width, part)
        return self._known[key]

    def constant(self, value: float) -> Node:
        """A number."""
        return self.make("constant", attr=float(value), width=1, part=Part.PARAMETERS)

    def vector(self, number: int, width: int) -> Node:
        """A value (width) of the parameters' program."""
        return self.make("vector", attr=number, width=width, part=Part.PARAMETERS)

    def matrix(self, number: int, rows: int, columns: int) -> Node:
        """A value (rows, columns) of the parameters' program."""
        return self.make("matrix", attr=(number, rows), width=columns, part=Part.PARAMETERS)

    def apply(self, op: str, *args: Node) -> Node:
        """A pointwise operator."""
        if op == "add":
            return self.add(*args)
        if all(arg.part == Part.PARAMETERS for arg in args):
            return self._of_parameters(op, args)
        return self.make(op, *args)

    def add(self, *terms: Node) -> Node:
        """A sum; what depends on no state is added up first, so that it is computed outside of the loop."""
        flat = [part for term in terms for part in (term.args if term.op == "add" else (term,))]
        flat = [term for term in (flat if len(flat) <= MOST_TERMS else terms) if not _is(term, 0)]
        sums: list[Node] = []
        for part in Part:
            same = [term for term in flat if term.part == part]
            if part == Part.PARAMETERS and len(same) > 1:
                same = [self._of_parameters("add", tuple(same))]
            if part == Part.INPUT and same:
                same = [self._sum([*sums, *same])]
                sums = []
            sums += same
        return self._sum(sums)

    def _sum(self, terms: list[Node]) -> Node:
        if not terms:
            return self.constant(0)
        return terms[0] if len(terms) == 1 else self.make("add", *terms)

    def sub(self, a: Node, b: Node) -> Node:
        """A difference."""
        return self.add(a, self.neg(b))

    def neg(self, a: Node) -> Node:
        """The negative."""
        return a.args[0] if a.op == "neg" else self.apply("neg", a)

    def mul(self, *factors: Node) -> Node:
        """A product."""
        product, *others = [factor for factor in factors if not _is(factor, 1)] or [self.constant(1)]
        for factor in others:
            product = self.apply("mul", product, factor)
        return product

    def where(self, condition: Node, yes: Node, no: Node | None = None) -> Node:
        """One or the other; 0 where there is no other."""
        no = self.constant(0) if no is None else no
        if condition.op == "constant":
            return yes if condition.attr else no
        return self.apply("where", condition, yes, no)

    def mm(self, a: Node, matrix: Node, *, transposed: bool = False) -> Node:
        """The product of each row with a matrix, or with its transpose."""
        return self.make("mm", a, matrix, attr=transposed, width=matrix.attr[1] if transposed else matrix.width)

    def rows(self, a: Node, op: str = "sum") -> Node:
        """One number a row: the sum of its columns, or the largest of them."""
        return a if a.width == 1 else self._across(op, a, width=1)

    def cumsum(self, a: Node, *, back: bool = False) -> Node:
        """In each column the sum of those up to it, or of it and those that follow."""
        return a if a.width == 1 else self._across("cumsum", a, attr=back, width=a.width)

    def take(self, a: Node, which: Node) -> Node:
        """Columns in another order, each as often as it is named: a vector of the parameters says which they are."""
        return self.expand(a, which.width) if a.width == 1 else self._across("take", a, which, width=which.width)

    def put(self, a: Node, which: Node, width: int) -> Node:
        """The derivative of that: each column is added to the one, of so many, that is named."""
        return self._across("put", self.expand(a, which.width), which, width=width)

    def repeat(self, a: Node, width: int) -> Node:
        """Each column as often as it takes to have so many: rows of a matrix, side by side, of one number each."""
        return self.expand(a, width) if a.width == 1 else self._across("repeat", a, width=width)

    def tile(self, a: Node, width: int) -> Node:
        """All columns as often as it takes to have so many: equal rows of a matrix, side by side."""
        return self.expand(a, width) if a.width == 1 else self._across("tile", a, width=width)

    def sum_inner(self, a: Node, width: int) -> Node:
        """The derivative of `repeat`: of so many rows of a matrix, side by side, the sum of each."""
        return self._across("sum_inner", a, width=width)

    def amax_inner(self, a: Node, width: int) -> Node:
        """Likewise, the largest of each."""
        return self._across("amax_inner", a, width=width)

    def sum_outer(self, a: Node, width: int) -> Node:
        """The derivative of `tile`: of rows of a matrix, side by side and of so many columns, the sum."""
        return self._across("sum_outer", a, width=width)

    def expand(self, a: Node, width: int) -> Node:
        """One number a row in each of many columns."""
        return a if a.width == width else self.make("expand", a, width=width)

    def slice(self, a: Node, start: int, stop: int) -> Node:
        """Some columns; taken early, so that what is sliced at once is computed in one loop."""
        if (start, stop) == (0, a.width) or a.width == 1:
            return a
        if a.op == "cat":
            return self.cat(_within(self, a.args, start, stop))
        if a.op == "expand":
            return self.expand(a.args[0], stop - start)
        if a.part == Part.STATE and a.pointwise:
            return self.again(a, tuple(self.slice(arg, start, stop) for arg in a.args))
        return self._columns(a, start, stop)

    def _columns(self, a: Node, start: int, stop: int) -> Node:
        if a.op == "slice":
            return self.slice(a.args[0], a.attr + start, a.attr + stop)
        if a.part == Part.PARAMETERS:
            return self.vector(self.parameters.make(torch.narrow, Made(a.attr), 0, start, stop - start), stop - start)
        return self.make("slice", a, attr=start, width=stop - start)

    def cat(self, parts: Iterable[Node]) -> Node:
        """Columns side by side."""
        flat = [part for whole in parts for part in (whole.args if whole.op == "cat" else (whole,))]
        joined: list[Node] = []
        for part in flat:
            before = joined[-1] if joined else part
            follows = part.op == before.op == "slice" and part.args == before.args
            if joined and follows and before.attr + before.width == part.attr:
                joined[-1] = self.slice(part.args[0], before.attr, part.attr + part.width)
            else:
                joined.append(part)
        return joined[0] if len(joined) == 1 else self.make("cat", *joined, width=sum(part.width for part in joined))

    def again(self, node: Node, args: tuple[Node, ...]) -> Node:
        """The same operator on other arguments."""
        if node.op == "add":
            return self.add(*args)
        if node.op == "slice":
            return self.slice(args[0], node.attr, node.attr + node.width)
        if node.op == "cat":
            return self.cat(args)
        if node.op == "copy":
            return self.make("copy", *args, attr=node.attr, part=node.part)
        if node.op in OPERATORS:
            return self.apply(node.op, *args)
        return self.make(node.op, *args, attr=node.attr, width=node.width) if args else node

    def _across(self, op: str, a: Node, *which: Node, attr: Any = None, width: int) -> Node:  # noqa: ANN401
        """An operator that looks across columns; of what depends on parameters only, outside of the loop."""
        if a.part > Part.PARAMETERS:
            return self.make(op, a, *which, attr=attr, width=width)
        if a.op == "vector":
            values = (Made(node.attr) for node in (a, *which))
            return self.vector(self.parameters.make(COLUMNS[op], attr, width, *values), width)
        if a.op != "expand" or op in {"cumsum", "put"}:
            refuse(FROM_NOTHING)
        times = a.width / width if op in ADDING else 1
        return self.expand(self.mul(a.args[0], self.constant(times)), width)

    def _of_parameters(self, op: str, args: tuple[Node, ...]) -> Node:
        """A pointwise operator on what depends on parameters only."""
        wide = max(arg.width for arg in args)
        args = tuple(arg.args[0] if arg.op == "expand" else arg for arg in args)
        if any(arg.op not in {"constant", "vector"} for arg in args):
            refuse(FROM_NOTHING)
        return self.expand(self._of_values(op, args), wide)

    def _of_values(self, op: str, args: tuple[Node, ...]) -> Node:
        if all(arg.op == "constant" for arg in args):
            numbers = [torch.tensor(arg.attr, dtype=torch.float64) for arg in args]
            return self.constant(OPERATORS[op].torch(*numbers).item())
        values = [arg.attr if arg.op == "constant" else Made(arg.attr) for arg in args]
        return self.vector(self.parameters.make(OPERATORS[op].torch, *values), max(arg.width for arg in args))


def _within(graph: Graph, parts: tuple[Node, ...], start: int, stop: int) -> Iterator[Node]:
    """The columns from start to stop of parts side by side."""
    begin = 0
    for part in parts:
        low, high = max(start, begin), min(stop, begin + part.width)
        if low < high:
            yield graph.slice(part, low - begin, high - begin)
        begin += part.width


def _is(node: Node, number: float) -> bool:
    return node.op == "constant" and node.attr == number
