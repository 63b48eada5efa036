"""Loops over the columns of one row of the batch, as C."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from harness.modeling.engine.form.operators import OPERATORS
from harness.modeling.engine.native.buffers import vector

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.modeling.engine.form.node import Node
    from harness.modeling.engine.native.emit import Source
    from harness.modeling.engine.native.loops import Loop
    from harness.modeling.engine.native.schedule import Schedule
    from harness.modeling.engine.planning.program import Place


@dataclass(frozen=True)
class Reduction:
    """How a number is found of all columns, in C: {0} is that of the node, {1} what a column has.

    Attributes:
        begun: before the first column.
        added: with each.
        value: after the last.
        operator: as OpenMP names it.
    """

    begun: str
    added: str
    value: str
    operator: str


REDUCED = {
    "sum": Reduction("real t{0} = 0", "t{0} += {1};", "t{0}", "+"),
    "amax": Reduction(
        "key t{0} = key_of(-INFINITY)", "t{0} = key_of({1}) > t{0} ? key_of({1}) : t{0};", "number_of(t{0})", "max"
    ),
}
REDUCED |= {f"{op}_inner": reduction for op, reduction in REDUCED.items()}


class Rows:
    """The loops of a stage over one row of the batch."""

    def __init__(self, source: Source, schedule: Schedule) -> None:
        self.source = source
        self.schedule = schedule
        self.labels: dict[Place, str] = {}
        self.gated: dict[Node, list[Node]] = {}
        self._held: dict[tuple[str, str], str] = {}
        self._names = (f"h{number}" for number in count())

    def pointers(self) -> Iterable[str]:
        """Where the row begins in each buffer."""
        for place, label in self.labels.items():
            yield f"      real *{label} = {self.source.address(place, 'b')};"

    def loop(self, loop: Loop) -> list[str]:
        """One loop over columns; what is added up over them is written after it."""
        body: list[str] = []
        inside: set[Node] = set()
        totals = [node for node in loop.nodes if node.op in REDUCED and node.width == 1]
        self.gated |= {node: pair for node in loop.nodes if (pair := self._gated(node, loop))}
        self._held = {}
        parts = {part for pair in self.gated.values() for part in pair}
        for node in (node for node in loop.nodes if node not in parts):
            if node.op in REDUCED:
                body.append(REDUCED[node.op].added.format(node.number, self._read(node.args[0], inside)))
            elif node.scattered:
                value, *which = (self._read(arg, inside) for arg in node.args)
                column = f"(int64_t){which[0]}" if which else "k"
                body.append(f"{self._label(self.schedule.place(node))}[{column}] += {value};")
            else:
                body += [f"const real v{node.number} = {self._computed(node, inside)};", *self._written(node, "j")]
                inside.add(node)
        if loop.way != "any":
            return [*self._hold("0"), *self._in_turn(loop, body)]
        if loop.width == 1:
            return [*self._hold("0"), *(f"      {line.replace('[j]', '[0]')}" for line in body)]
        return [
            *self._hold("0"),
            *_begun(totals),
            *(self._nested(loop, body, totals) if loop.outer else self._straight(loop, body, totals)),
            *self._ended(totals, "0"),
        ]

    def _gated(self, node: Node, loop: Loop) -> list[Node]:
        """The sigmoid and the tanh whose product a node is, where nothing else reads them: see step.c."""
        pair = sorted(node.args, key=lambda arg: arg.op)
        alone = all(self.schedule.uses[arg] == 1 and arg in loop.nodes and not self._in_memory(arg) for arg in pair)
        return pair if node.op == "mul" and [arg.op for arg in pair] == ["sigmoid", "tanh"] and alone else []

    def _straight(self, loop: Loop, body: list[str], totals: list[Node]) -> list[str]:
        """A loop of which the columns may be computed in any order."""
        columns = f"int64_t j = 0; j < {self.source.sizes(loop.width)}; j++"
        return [_at_once(totals), f"      for ({columns}) {{", *(f"        {line}" for line in body), "      }"]

    def _nested(self, loop: Loop, body: list[str], totals: list[Node]) -> list[str]:
        """A loop over the rows of a matrix that lie side by side, and in it one over their columns."""
        outer, inner = self.source.sizes(loop.outer), self.source.sizes(loop.width // loop.outer)
        rows = [node for node in loop.nodes if node.op in REDUCED and node not in totals]
        return [
            *(f"      {self._nothing(node)}" for node in loop.nodes if node.scattered),
            f"      for (int64_t i = 0; i < {outer}; i++) {{",
            *self._hold("i"),
            *_begun(rows),
            _at_once([*totals, *rows]),
            f"      for (int64_t k = 0; k < {inner}; k++) {{",
            f"        const int64_t j = i * {inner} + k;",
            *(f"        {line}" for line in body),
            "      }",
            *self._ended(rows, "i"),
            "      }",
        ]

    def _ended(self, totals: list[Node], column: str) -> Iterable[str]:
        """What was added up over a loop, and where it is written."""
        for node in totals:
            yield f"      const real v{node.number} = {REDUCED[node.op].value.format(node.number)};"
            yield from (f"      {line}" for line in self._written(node, column))

    def _in_turn(self, loop: Loop, body: list[str]) -> list[str]:
        """A loop in which each column waits for the one before: it adds to what that has."""
        width = self.source.sizes(loop.width)
        columns = f"int64_t j = {width} - 1; j >= 0; j--" if loop.way == "down" else f"int64_t j = 0; j < {width}; j++"
        begun = (f"      {self._nothing(node)}" for node in loop.nodes)
        return [*begun, f"      for ({columns}) {{", *(f"        {line}" for line in body), "      }"]

    def _nothing(self, node: Node) -> str:
        """What a node has before the first column is added."""
        if node.op == "cumsum":
            return f"real t{node.number} = 0;"
        columns = f"int64_t j = 0; j < {self.source.sizes(node.width)}; j++"
        return f"for ({columns}) {self._label(self.schedule.place(node))}[j] = 0;"

    def _written(self, node: Node, column: str) -> list[str]:
        """A value to where it is read later, and to where it is added up."""
        homes = [f"{self._label(place)}[{column}] = v{node.number};" for place in self.schedule.homes.get(node, [])]
        sums = self.schedule.sums.get(node, [])
        return homes + [f"{self._label(place)}[{column}] += v{node.number};" for place in sums]

    def _computed(self, node: Node, inside: set[Node]) -> str:
        if node in self.gated:
            a, b = (self._read(part.args[0], inside) for part in self.gated[node])
            return f"sigmoid_tanh_({a}, {b})"
        if node.op == "take":
            return self._read(node.args[0], inside, f"(int64_t){self._read(node.args[1], inside)}")
        if node.op in {"repeat", "tile"}:
            return self._read(node.args[0], inside, "i" if node.op == "repeat" else "k")
        values = [self._read(arg, inside) for arg in node.args if arg is not self.schedule.within.get(node)]
        if node.op == "expand":
            return values[0]
        if node.op == "cumsum":
            return f"t{node.number} += {values[0]}"
        return " + ".join(values) if node.op == "add" else OPERATORS[node.op].c.format(*values)

    def _read(self, node: Node, inside: set[Node], column: str = "j") -> str:
        if node.op == "constant":
            return self.source.constants(node.attr)
        if node in inside:
            return f"v{node.number}"
        column = "0" if node.width == 1 else column
        if node.op == "vector":
            return self._at(self.source.buffer(vector(node.attr, node.width)), column)
        if node.width == 1 and not self._in_memory(node):
            return f"v{node.number}"
        return self._at(self._label(self.schedule.place(node)), column)

    def _at(self, row: str, column: str) -> str:
        """A number in memory; one that is the same for all columns of a loop is read before it.

        Where it might lie among what is written in the loop, compilers read it again for each column, one by one.
        """
        if column not in {"0", "i"}:
            return f"{row}[{column}]"
        if (row, column) not in self._held:
            self._held[row, column] = next(self._names)
        return self._held[row, column]

    def _hold(self, column: str) -> Iterable[str]:
        """What a loop reads before it, or before each of its rows."""
        return (f"      const real {name} = {row}[{at}];" for (row, at), name in self._held.items() if at == column)

    def _in_memory(self, node: Node) -> bool:
        return node.op == "slice" or node in self.schedule.program.given or bool(self.schedule.homes.get(node))

    def _label(self, place: Place) -> str:
        return self.labels.setdefault(place, f"r{len(self.labels)}")


def _begun(totals: list[Node]) -> Iterable[str]:
    return (f"      {REDUCED[node.op].begun.format(node.number)};" for node in totals)


def _at_once(totals: list[Node]) -> str:
    """What says that columns are computed many at a time, and of which nodes they are added up."""
    return "#pragma omp simd" + "".join(f" reduction({REDUCED[n.op].operator}:t{n.number})" for n in totals)
