"""The schedule: a program as products and loops, one after the other, and where each value is written."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING

from harness.modeling.engine.form.node import within
from harness.modeling.engine.native.loops import form
from harness.modeling.engine.planning.program import Buffer, Kind, Place

if TYPE_CHECKING:
    from harness.modeling.engine.form.node import Node
    from harness.modeling.engine.native.loops import Loop
    from harness.modeling.engine.planning.program import Program


@dataclass(frozen=True)
class Product:
    """A matrix product: the rows at a place by a matrix, written or added to another place."""

    operand: Place
    matrix: Node
    transposed: bool
    result: Place
    add: bool

    @property
    def inner(self) -> int:
        """How many columns the operand has."""
        return self.matrix.width if self.transposed else self.matrix.attr[1]

    @property
    def width(self) -> int:
        """How many the product has."""
        return self.matrix.attr[1] if self.transposed else self.matrix.width


@dataclass
class Stage:
    """Products, and after them what is computed row by row: loops, each over one width."""

    products: list[Product] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    loops: list[Loop] = field(default_factory=list)


class Schedule:
    """A program in the order in which a processor does it.

    Attributes:
        stages: one after the other at each time step.
        homes: where each computed value is written; empty where it stays in a register.
        sums: where a value is added up over time and batch.
        within: of sums of which a product is added to another term where that lies, this term.
        buffers: that the program needs for itself.
        uses: how often each value is read or written.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.graph = program.graph
        self.homes: dict[Node, list[Place]] = {}
        self.sums: dict[Node, list[Place]] = {}
        self.within: dict[Node, Node] = {}
        self.buffers: list[Buffer] = []
        self.stages: list[Stage] = []
        self._roots: list[Node] = []
        self._writers: dict[Node, list[Node]] = {}
        self._when: dict[Node, int] = {}
        self._adding: list[tuple[Node, Place, Node | None]] = []
        self.uses = Counter(arg for node in program.nodes() if node not in program.given for arg in node.args)
        self.uses.update(node for node, _ in [*program.stored, *program.summed])
        for node, place in program.stored:
            self._store_whole(node, place)
        for node, buffer in program.summed:
            self._sum(node, Place(buffer))
        self._roots += list(self.sums)
        self._add_to_what_is_prepared()
        self._place_operands()
        self._assign_stages()
        for stage in self.stages:
            stage.loops = form(stage.nodes, self._sources)
        self._place_what_crosses()

    # -- where things are written

    def place(self, node: Node) -> Place:
        """Where a value can be read."""
        if node in self.program.given:
            return self.program.given[node]
        if node.op == "slice":
            return self.place(node.args[0]).at(node.attr)
        return self.homes[node][0]

    def _store_whole(self, node: Node, place: Place) -> None:
        """Write a value to its place; products that nothing else needs are added to it there."""
        terms = node.args if node.op == "add" else ()
        products = [arg for arg in terms if arg.op == "mm" and self.uses[arg] == 1 and arg.width == node.width]
        if node.op == "mm" and self.uses[node] == 1:
            products, rest = [node], None
        elif products and self.uses[node] == 1:
            others = [arg for arg in node.args if arg not in products]
            rest = self.graph.add(*others) if others else None
        else:
            self._store(node, place)
            return
        if rest is not None:
            rest = self._computed(self.graph.expand(rest, node.width))
            self._store(rest, place)
        for number, product in enumerate(products):
            self._adding.append((product, place, rest if number == 0 else products[number - 1]))

    def _store(self, node: Node, place: Place) -> list[Node]:
        """Have a value written to a place, and tell by which nodes."""
        if node.op == "cat":
            self.homes.setdefault(node, []).append(place)
            starts = accumulate((part.width for part in node.args), initial=0)
            writers = [self._store(part, place.at(start)) for part, start in zip(node.args, starts, strict=False)]
            self._writers[node] = [writer for of_part in writers for writer in of_part]
            return self._writers[node]
        computed = self._computed(node)
        self.homes.setdefault(computed, []).append(place)
        self._roots.append(computed)
        return [computed]

    def _sum(self, node: Node, place: Place) -> None:
        """Have a value added up at a place."""
        if node.op == "cat" and node not in self.program.given:
            starts = accumulate((part.width for part in node.args), initial=0)
            for part, start in zip(node.args, starts, strict=False):
                self._sum(part, place.at(start))
        else:
            self.sums.setdefault(self._computed(node), []).append(place)

    def _computed(self, node: Node) -> Node:
        """The value as one that a loop computes: a copy of it where it is not."""
        if node.looped and not node.scattered and node not in self.program.given:
            return node
        return self.graph.make("copy", node, attr="here")

    def _add_to_what_is_prepared(self) -> None:
        """Products that are only added to what was prepared, column by column, are added to it where it lies."""
        users: dict[Node, list[Node]] = {}
        for node in self._nodes():
            for arg in node.args:
                users.setdefault(arg, []).append(node)
        direct = {product for product, _, _ in self._adding}
        for product in [node for node in users if node.op == "mm" and node not in direct]:
            sums = self._sums_of(product, users)
            places = {self.place(term).at(-start) for start, _, term in sums}
            if len(places) == 1:
                self.within |= {total: term for _, total, term in sums}
                self.homes[product] = [places.pop()]

    def _sums_of(self, product: Node, users: dict[Node, list[Node]]) -> list[tuple[int, Node, Node]]:
        """The column from which a product is a term of a sum, the sum, and its term that was prepared; or nothing."""
        parts = users[product] if all(user.op == "slice" for user in users[product]) else [product]
        found, end = [], 0
        for part in sorted(parts, key=lambda part: 0 if part is product else part.attr):
            start = 0 if part is product else part.attr
            total, *others = users.get(part, [product])
            terms = [term for term in total.args if self._only_here(term, users) and term.width == part.width]
            if start != end or others or total.op != "add" or total in self.within or not terms:
                return []
            found.append((start, total, terms[0]))
            end += part.width
        return found if end == product.width else []

    def _only_here(self, term: Node, users: dict[Node, list[Node]]) -> bool:
        """Whether a term was prepared, and nothing else reads these columns."""
        whole = term.args[0] if term.op == "slice" else term
        begin, end = (term.attr, term.attr + term.width) if term.op == "slice" else (0, term.width)
        others = [user for user in users.get(whole, []) if user is not term] if term.op == "slice" else []
        apart = all(
            other.op == "slice" and (other.attr >= end or other.attr + other.width <= begin) for other in others
        )
        return whole in self.program.prepared and len(users[term]) == 1 and apart

    def _place_operands(self) -> None:
        """Products read and write memory."""
        direct = {product for product, _, _ in self._adding}
        for node in self._nodes():
            if node.op == "mm":
                self._keep_in_memory(node.args[0])
                if node not in direct:
                    self._keep_in_memory(node)
            for arg in node.args:
                if arg.op == "cat" and node.looped:
                    self._keep_in_memory(arg)

    def _keep_in_memory(self, node: Node) -> None:
        if node in self.program.given or self.homes.get(node):
            return
        if node.op == "slice":
            self._keep_in_memory(node.args[0])
            return
        place = Place(self._new(node.width))
        if node.op == "cat":
            self._store(node, place)
        else:
            self.homes.setdefault(node, []).append(place)

    def _new(self, width: int) -> Buffer:
        way = "back" if self.program.backward else "ahead"
        self.buffers.append(Buffer(f"{way}{len(self.buffers)}", width, Kind.ROWS))
        return self.buffers[-1]

    def _nodes(self) -> list[Node]:
        roots = [*self._roots, *(product for product, _, _ in self._adding)]
        return [node for node in within(roots, self.program.given) if node not in self.program.given]

    # -- when things are done

    def _assign_stages(self) -> None:
        """Each value as early as it can be: in the stage of its arguments, or after a product of them."""
        direct = {product: (place, after) for product, place, after in self._adding}
        for node in self._nodes():
            ready = max((self._when.get(arg, 0) for arg in node.args), default=0)
            if node.op != "mm":
                self._when[node] = ready
                if node.looped:
                    self._stage(ready).nodes.append(node)
            elif node not in direct:
                self._when[node] = self._after_operand(node)
                place = self.homes[node][0]
                self._multiply(node, place, self._when[node], add=place.buffer.kind == Kind.FEW)
        for product, place, after in self._adding:
            when = self._after_operand(product)
            if after is not None:
                when = max(when, self._when[after] + 1)
            self._when[product] = when
            self._multiply(product, place, when, add=after is not None)

    def _after_operand(self, product: Node) -> int:
        operand = product.args[0]
        while operand.op == "slice":
            operand = operand.args[0]
        return 0 if operand in self.program.given else self._when[operand] + 1

    def _multiply(self, node: Node, place: Place, when: int, *, add: bool) -> None:
        product = Product(self.place(node.args[0]), node.args[1], node.attr, place, add)
        self._stage(when).products.append(product)

    def _stage(self, number: int) -> Stage:
        while len(self.stages) <= number:
            self.stages.append(Stage())
        return self.stages[number]

    def _sources(self, node: Node) -> list[Node]:
        """The values that columns are taken from; where they lie side by side in memory, what writes them there."""
        if node.op == "slice" and node not in self.program.given:
            return self._sources(node.args[0])
        if node.op == "cat" and node not in self.program.given:
            return self._writers.get(node) or [source for part in node.args for source in self._sources(part)]
        return [node]

    def _place_what_crosses(self) -> None:
        """What is computed in one loop and read in another lies in memory, but for numbers of the same row."""
        where = {
            node: (number, count)
            for number, stage in enumerate(self.stages)
            for count, loop in enumerate(stage.loops)
            for node in loop.nodes
        }
        for node, loop in where.items():
            for source in (source for arg in node.args for source in self._sources(arg)):
                if source in where and where[source] != loop and not self.homes.get(source):
                    same_row = source.width == 1 and where[source][0] == loop[0]
                    if not same_row:
                        self._keep_in_memory(source)
