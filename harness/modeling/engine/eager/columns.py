"""Columns that lie side by side and are computed alike, computed at once: what torch does costs by the operation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.modeling.engine.form.node import Node
    from harness.modeling.engine.planning.program import Program


def together(program: Program) -> Program:
    """The same program with fewer operations.

    Pointwise nodes of one operator, whose arguments are columns of the same values one after the other, become columns
    of one node. Those that are stored, or lie beside others, stay: each is written where it belongs.
    """
    now = _Together(program).now
    return replace(
        program,
        stored=[(now[node], place) for node, place in program.stored],
        summed=[(now[node], buffer) for node, buffer in program.summed],
    )


class _Together:
    """Makes the nodes of a program again, as soon as their arguments are there; `now` is what became of each."""

    def __init__(self, program: Program) -> None:
        self.graph, self.given = program.graph, program.given
        results = [node for node, _ in [*program.stored, *program.summed]]
        written = {*results, *(part for node in program.nodes() if node.op == "cat" for part in node.args)}
        self.now: dict[Node, Node] = {node: node for node in program.nodes() if node in self.given}
        left = [node for node in program.nodes() if node not in self.given]
        while left:
            ready = [node for node in left if all(arg in self.now for arg in node.args)]
            may_wait = [node for node in ready if node.pointwise and node.op != "expand" and node not in written]
            if len(may_wait) < len(ready):
                self.now |= {node: self._again(node) for node in ready if node not in may_wait}
            else:
                for run in self._runs(may_wait):
                    self._join(run)
            left = [node for node in left if node not in self.now]

    def _again(self, node: Node) -> Node:
        """A node with other arguments, just so: the graph itself would rather take columns early."""
        args = [self.now[arg] for arg in node.args]
        if args == list(node.args):
            return node
        if node.op == "slice" and args[0].op == "slice" and args[0] not in self.given:
            return self._columns(args[0].args[0], args[0].attr + node.attr, node.width)
        return self.graph.make(node.op, *args, attr=node.attr, width=node.width, part=node.part)

    def _runs(self, nodes: list[Node]) -> Iterator[list[Node]]:
        """Nodes that can become one, in the order of their columns."""
        run: list[Node] = []
        for node in sorted(nodes, key=lambda node: (node.op, max(self._start(arg) for arg in node.args), node.number)):
            if run and not self._follows(run[-1], node):
                yield run
                run = []
            run.append(node)
        yield run

    def _start(self, arg: Node) -> int:
        return self.now[arg].attr if self._is_part(self.now[arg]) else -1

    def _is_part(self, arg: Node) -> bool:
        return arg.op == "slice" and arg not in self.given

    def _follows(self, before: Node, after: Node) -> bool:
        """Whether its arguments are columns of the same values, right after those of the one before, or the same."""
        pairs = [(self.now[a], self.now[b]) for a, b in zip(before.args, after.args, strict=False)]
        next_ = [self._is_part(a) and self._is_part(b) and a.args == b.args for a, b in pairs]
        return (
            (before.op, len(before.args)) == (after.op, len(after.args))
            and any(next_)
            and all(
                a.attr + before.width == b.attr and a.width == before.width and b.width == after.width
                if are_columns
                else a is b and a.width == 1
                for are_columns, (a, b) in zip(next_, pairs, strict=True)
            )
        )

    def _join(self, run: list[Node]) -> None:
        if len(run) == 1:
            self.now[run[0]] = self._again(run[0])
            return
        width = sum(node.width for node in run)
        args = [self.now[arg] for arg in run[0].args]
        wide = [self._columns(arg.args[0], arg.attr, width) if self._is_part(arg) else arg for arg in args]
        whole = self.graph.make(run[0].op, *wide, attr=run[0].attr, width=width)
        start = 0
        for node in run:
            self.now[node] = self.graph.make("slice", whole, attr=start, width=node.width)
            start += node.width

    def _columns(self, whole: Node, start: int, width: int) -> Node:
        return whole if width == whole.width else self.graph.make("slice", whole, attr=start, width=width)
