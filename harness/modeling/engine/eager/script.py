"""A program as Python: what torch is to do at each time step, line by line."""

from __future__ import annotations

from collections import defaultdict
from itertools import accumulate
from typing import TYPE_CHECKING

from harness.modeling.engine.eager.columns import together
from harness.modeling.engine.eager.terms import Term, terms_of
from harness.modeling.engine.planning.program import Buffer, Kind, Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.modeling.engine.form.node import Node
    from harness.modeling.engine.planning.program import Program

BACKWARD = {"sigmoid'": "sigmoid_backward", "tanh'": "tanh_backward"}
WRITING = {
    **{
        name: name for name in ("mul", "div", "neg", "sigmoid", "tanh", "exp", "expm1", "log", "log1p", "sqrt", "rsqrt")
    },
    **{name: name for name in ("reciprocal", "sin", "cos", "erf", "abs", "sign", "lerp")},
    **BACKWARD,
}
"""Functions that write to a place that they are given; by the operator."""
SHARING = "slice", "expand", "stop"
"""Operators whose value lies where that of their argument does."""
WITH_NUMBER = {"mul", "div", "lerp"}
"""Those whose last argument may be a number."""
ADDING = {"mul": "addcmul", "minus mul": "subcmul", "neg": "sub"}
"""Functions that add a term to a total; by the kind of the term."""
INDEX = {Kind.HISTORY: "[t{}]", Kind.PIECE: "[t - begin{}]", Kind.FEW: "[t - begin{}]", Kind.TURNS: "[t{} & 1]"}


class Script:
    """The source of a function `run(begin, end, *, …)`, which does the steps of a program with what has a name here.

    Attributes:
        source: of the function.
        places: names of the columns of a buffer at all steps: by buffer, first column and width.
        matrices: names of matrices: by node, and whether it is transposed.
        vectors: names of vectors.
        functions: names of what computes a node whose operator has no function that writes to a place.
        sums: names of what values are added to at each step.
        totals: what is added up when the loop has ended: from a place, of a width, into a buffer.
    """

    def __init__(self, program: Program) -> None:
        self.program = program = together(program)
        self.places: dict[tuple[Buffer, int, int], str] = {}
        self.matrices: dict[tuple[Node, bool], str] = {}
        self.vectors: dict[Node, str] = {}
        self.functions: dict[Node, str] = {}
        self.sums: dict[Buffer, str] = {}
        self.totals: list[tuple[Place, int, Buffer]] = []
        self._nodes = program.nodes()
        self._lines: list[str] = []
        self._names: dict[Node, str] = {}
        self._targets: dict[Node, list[Place]] = defaultdict(list)
        self._homes: dict[Node, Place] = dict(program.given)
        self._free: dict[int, list[Buffer]] = defaultdict(list)
        self._count = 0
        self._lay_out()
        self._users = self._find_users()
        self._terms = {n: terms_of(n, self._alone, self._full) for n in self._nodes if self._is(n, "add")}
        self._inside = {node for terms in self._terms.values() for term in terms for node in term.inside}
        self._last = self._find_last()
        for node in self._nodes:
            if node not in self._inside:
                self._write(node)
        self._add_up()
        way = "reversed(range(begin, end))" if program.backward else "range(begin, end)"
        lines = [f"    for t in {way}:", *(f"        {line}" for line in self._lines or ["pass"])]
        groups = self.places, self.matrices, self.vectors, self.functions, self.sums
        names = ["rows", *(name for group in groups for name in group.values())]
        self.source = "\n".join([f"def run(begin, end, *, {', '.join(names)}):", *lines, ""])

    def reads(self) -> tuple[str, ...]:
        """The buffers that are read, or read and written, by name."""
        given = {place.buffer for place in self.program.given.values()} & {buffer for buffer, *_ in self.places}
        matrices = {f"matrix {node.attr[0]}" for node, _ in self.matrices}
        vectors = {f"vector {node.attr}" for node in self.vectors}
        return tuple(sorted({buffer.name for buffer in given} | matrices | vectors | self._totals()))

    def writes(self) -> tuple[str, ...]:
        """The buffers that are written, by name."""
        return tuple(sorted({place.buffer.name for _, place in self.program.stored} | self._totals()))

    def _totals(self) -> set[str]:
        return {buffer.name for _, buffer in self.program.summed}

    # -- where values lie

    def _lay_out(self) -> None:
        for node, place in self.program.stored:
            self._want(node, place)
        for node in self._nodes:
            if self._is(node, "cat") and node not in self._homes:
                self._want(node, Place(self._scratch(node.width)))

    def _want(self, node: Node, place: Place) -> None:
        """Have a value written to a place; values side by side, each to its columns."""
        if self._is(node, "cat"):
            self._homes.setdefault(node, place)
            starts = accumulate((part.width for part in node.args), initial=0)
            for part, start in zip(node.args, starts, strict=False):
                self._want(part, place.at(start))
        else:
            self._targets[node].append(place)

    def _scratch(self, width: int) -> Buffer:
        """Memory for one value at the step that is being done."""
        if self._free[width]:
            return self._free[width].pop()
        self._count += 1
        return Buffer(f"scratch {self._count}", width, Kind.ROWS)

    def _home(self, node: Node) -> Place | None:
        """Where a value lies, if that is known before the program runs."""
        if self._is(node, "slice"):
            whole = self._home(node.args[0])
            return whole.at(node.attr) if whole else None
        return self._homes.get(node)

    # -- who reads what

    def _is(self, node: Node, *ops: str) -> bool:
        return node.op in ops and node not in self.program.given

    def _args(self, node: Node) -> tuple[Node, ...]:
        return () if node in self.program.given else node.args

    def _find_users(self) -> dict[Node, list[Node | None]]:
        """Who reads a value; None for each time that it is a result."""
        users: dict[Node, list[Node | None]] = defaultdict(list)
        for node in self._nodes:
            for arg in self._args(node):
                users[arg].append(node)
        for node, _ in [*self.program.stored, *self.program.summed]:
            users[node].append(None)
        return users

    def _alone(self, node: Node) -> bool:
        return len(self._users[node]) == 1 and node not in self.program.given and node not in self._targets

    def _full(self, node: Node) -> bool:
        return node in self.program.given or node.op in {"cat", "mm"} or any(map(self._full, node.args))

    def _reads(self, node: Node) -> Iterator[Node]:
        """Whose memory is read when a node is computed."""
        for arg in self._args(node):
            yield from self._reads(arg) if arg in self._inside or self._is(arg, *SHARING) else [arg]

    def _find_last(self) -> dict[Node, Node]:
        """By which node a value is read last."""
        last = {read: node for node in self._nodes if node not in self._inside for read in self._reads(node)}
        for node, _ in self.program.summed:  # after all others
            for read in (node, *self._reads(node)):
                last.pop(read, None)
        return last

    # -- lines

    def _write(self, node: Node) -> None:
        """Compute a value, and write it to all places where it is wanted."""
        targets = self._targets.get(node, [])
        if self._is(node, "cat"):
            return
        if self._args(node) and node.op != "slice":
            done = self._compute(node, targets[0] if targets else None)
            targets = targets[1:] if done else targets
            if self._home(node) is None:
                self._split(node)
        for place in targets:
            write = f"{{}}.copy_({self._read(node)})" if self._full(node) else f"fill({{}}, {self._read(node)})"
            self._lines.append(write.format(self._at(place, node.width)))
        for read in set(self._reads(node)):
            home = self._homes.get(read)
            alone = home and home.buffer.kind == Kind.ROWS and home.buffer.width == read.width  # others lie beside it
            if home and alone and self._last.get(read) is node and read.op != "cat":
                self._free[home.buffer.width].append(home.buffer)

    def _compute(self, node: Node, place: Place | None) -> bool:
        """Compute a value; tell whether it was written to the place."""
        terms = self._terms.get(node)
        if terms or node.op == "mm":
            return self._sum(node, terms or [Term("mm", node, node.args)], place)
        args = sorted(node.args, key=lambda arg: arg.op == "constant") if node.op == "mul" else list(node.args)
        given = ", ".join(map(self._read, args))
        tensors = [self._full(arg) or arg.op == "vector" for arg in args]
        tensors[-1] |= args[-1].op == "constant" and node.op in WITH_NUMBER
        if node.op in WRITING and all(tensors) and self._full(node):
            self._homes[node] = place or Place(self._scratch(node.width))
            out = "grad_input" if node.op in BACKWARD else "out"
            self._name(node, f"{WRITING[node.op]}({given}, {out}={self._at(self._homes[node], node.width)})")
            return True
        function = self.functions.setdefault(node, f"f{len(self.functions)}")
        self._name(node, f"{function}({', '.join(map(self._read, node.args))})")
        return False

    def _sum(self, node: Node, terms: list[Term], place: Place | None) -> bool:
        """Compute a sum, or a product, term by term."""
        target = place or Place(self._scratch(node.width))
        out, total = self._at(target, node.width), ""
        for term in terms:
            total = self._add(node, term, total, out)
        in_place = terms[-1].kind != "mm" or len(terms) > 1
        if not in_place and place:
            self._lines.append(f"keep({out}, {total})")
        if in_place or place:
            self._homes[node] = target
        return True

    def _add(self, node: Node, term: Term, total: str, out: str) -> str:
        """Add a term to a total, if there is one yet; what stands for the new total."""
        if term.kind == "plain":
            value = self._read(term.node)
            return self._name(node, f"add({total}, {value}, out={out})") if total else value
        if term.kind == "mm":
            matrix = self.matrices.setdefault((term.factors[1], term.node.attr), f"m{len(self.matrices)}")
            operand = self._rows(term.factors[0])
            call = f"plus({total}, {operand}, {out})" if total else f"times({operand}, {out})"
            return self._name(node, f"{matrix}.{call}")
        values = ", ".join(map(self._read, term.factors))
        if not total:
            return self._name(node, f"{term.kind}({values}, out={out})")
        return self._name(node, f"{ADDING[term.kind]}({total}, {values}, out={out})")

    def _read(self, node: Node) -> str:
        """What stands for a value."""
        if node.op == "constant":
            return f"({node.attr!r})"
        if node.op == "vector":
            return self.vectors.setdefault(node, f"v{len(self.vectors)}")
        if node not in self._names:
            place = self._home(node)
            assert place is not None  # noqa: S101 - what lies nowhere was given a name when it was computed
            self._name(node, self._at(place, node.width))
        return self._names[node]

    def _rows(self, node: Node) -> str:
        """What stands for a value, as (batch, width)."""
        return self._read(node) if self._full(node) else f"rows({self._read(node)}, {node.width})"

    def _name(self, node: Node, value: str) -> str:
        self._names[node] = f"x{node.number}"
        self._lines.append(f"x{node.number} = {value}")
        return self._names[node]

    def _at(self, place: Place, width: int) -> str:
        """What stands for columns of a buffer at the step."""
        name = self.places.setdefault((place.buffer, place.column, width), f"b{len(self.places)}")
        return name + INDEX.get(place.buffer.kind, "").format(" + 1" if place.later else "")

    def _split(self, node: Node) -> None:
        """Name the columns of a value that lies where torch put it."""
        parts = [user for user in self._users[node] if user and user.op == "slice"]
        parts = sorted(dict.fromkeys(parts), key=lambda part: part.attr)
        bounds = [(part.attr, part.attr + part.width) for part in parts]
        if [0, *(end for _, end in bounds)] == [*(begin for begin, _ in bounds), node.width]:
            names = [self._names.setdefault(part, f"x{part.number}") for part in parts]
            widths = [part.width for part in parts]
            self._lines.append(f"{', '.join(names)} = split({self._names[node]}, {widths}, -1)")
        else:
            for part in parts:
                self._name(part, f"{self._names[node]}.narrow(-1, {part.attr}, {part.width})")

    def _add_up(self) -> None:
        """Sums over time and batch: of what lies there for all steps, after the loop."""
        for node, buffer in self.program.summed:
            places = [self._home(node), *self._targets.get(node, [])]
            piece = next((place for place in places if place and place.buffer.kind == Kind.PIECE), None)
            if piece:
                self.totals.append((piece, node.width, buffer))
            else:
                name = self.sums.setdefault(buffer, f"s{len(self.sums)}")
                self._lines.append(f"{name}.add_({self._rows(node)}.sum(0))")
