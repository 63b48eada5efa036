"""Programs as C."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harness.modeling.engine.native.buffers import packed
from harness.modeling.engine.native.pieces import HOT, JOINT, pieces
from harness.modeling.engine.native.rows import Rows
from harness.modeling.engine.planning.program import Buffer, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.modeling.engine.native.pieces import Piece
    from harness.modeling.engine.native.schedule import Product, Schedule, Stage
    from harness.modeling.engine.planning.program import Place

PRELUDE = Path(__file__).with_name("step.c")
GIVEN = "const int64_t *sizes, const double *constants, void *const *buffers, product *multiply, int64_t t0, int64_t t1"
INDEX = {
    Kind.HISTORY: "(t + {later}) * n0",
    Kind.PIECE: "(t - t0) * n0",
    Kind.FEW: "(t - few) * n0",
    Kind.TURNS: "((t + {later}) & 1) * n0",
    Kind.ROWS: "0",
}


class Sizes:
    """The numbers that a source is not to depend on: it takes them from a list. Equal ones are one."""

    def __init__(self) -> None:
        self.known: dict[int, str] = {}

    def __call__(self, value: int) -> str:
        """The name of a number in the source."""
        if value in {0, 1}:
            return str(value)
        return self.known.setdefault(value, f"n{len(self.known) + 1}")


class Constants:
    """Likewise for numbers that the step computes with."""

    def __init__(self) -> None:
        self.known: dict[float, str] = {}

    def __call__(self, value: float) -> str:
        """The name of a number in the source."""
        if value in {0, 1, 2, -1}:
            return f"((real){value:g})"
        return self.known.setdefault(value, f"c{len(self.known)}")


class Source:
    """A C source with one function a program.

    Attributes:
        sizes: numbers of the source, in the order in which the functions take them, after the size of the batch.
        constants: likewise.
        buffers: likewise.
        used: the buffers of each function.
    """

    def __init__(self) -> None:
        self.sizes = Sizes()
        self.constants = Constants()
        self.buffers: dict[Buffer, str] = {}
        self.used: dict[str, set[Buffer]] = {}
        self._functions: list[str] = []

    def text(self) -> str:
        """The whole source."""
        return PRELUDE.read_text(encoding="utf-8") + "\n".join(self._functions)

    def function(self, name: str, schedule: Schedule) -> None:
        """Add a program."""
        self._using = self.used[name] = set()
        prepared = list(pieces(schedule))
        stages = [self._stage(schedule, stage, prepared) for stage in schedule.stages]
        head = list(self._few(prepared))
        time = "int64_t t = t1 - 1; t >= t0; t--" if schedule.program.backward else "int64_t t = t0; t < t1; t++"
        body = [
            f"static void {name}_rows({GIVEN}, int64_t b0, int64_t b1, int64_t part) {{",
            "  const int64_t n0 = sizes[0];",
            *(f"  const int64_t {size} = sizes[{size[1:]}];" for size in self.sizes.known.values()),
            *(f"  const real {constant} = constants[{constant[1:]}];" for constant in self.constants.known.values()),
            *(self._declare(buffer, label) for buffer, label in self.buffers.items()),
            *(head or [f"  for ({time}) {{"]),
            *(line for stage in stages for line in stage),
            *self._flush(schedule),
            "  }",
            "}",
            f"void {name}({GIVEN}, int64_t threads) {{",
            "#pragma omp parallel for num_threads(threads) if (threads > 1)",
            "  for (int64_t k = 0; k < threads; k++) {",
            "    const int64_t b0 = sizes[0] * k / threads, b1 = sizes[0] * (k + 1) / threads;",
            f"    {name}_rows(sizes, constants, buffers, multiply, t0, t1, b0, b1, k);",
            "  }",
            "}",
        ]
        self._functions.append("\n".join(body))

    def _few(self, prepared: list[Piece]) -> Iterable[str]:
        """The head of the loop over time, where some affine maps of the input are prepared for a few steps."""
        if not prepared:
            return
        if any(piece.added_to for piece in prepared):
            yield f"  const int {JOINT} = FEW_STEPS(n0) == 1 && !{self.buffer(HOT)};"
        yield "  for (int64_t t = t0, few = t0; t < t1; t++) {"
        yield "    if (t == few + FEW_STEPS(n0)) few = t;"
        yield "    if (t == few) {"
        yield "      const int64_t end = few + FEW_STEPS(n0) < t1 ? few + FEW_STEPS(n0) : t1;"
        for piece in prepared:
            yield f"      {f'if (!{JOINT}) ' if piece.added_to else ''}{piece.prepare(self)}"
        yield "    }"

    def _flush(self, schedule: Schedule) -> Iterable[str]:
        """The end of the loop over time, which runs backward where it sums: every few steps, and at t0, sums move."""
        for buffer in dict.fromkeys(place.buffer for places in schedule.sums.values() for place in places):
            few, width = self.buffer(buffer), self.sizes(buffer.width)
            yield f"    if ((t - t0) % FEW_STEPS(n0) == 0) flush({few}, {width}, buffers[{few[1:]}], part);"

    def _declare(self, buffer: Buffer, label: str) -> str:
        place = label[1:]
        if buffer.kind == Kind.SUM:
            return f"  real *{label} = few_sums(buffers[{place}], part, {self.sizes(buffer.width)});"
        if buffer.kind == Kind.INDICES:
            return f"  const int64_t *{label} = buffers[{place}];"
        return f"  real *{label} = buffers[{place}];"

    def buffer(self, buffer: Buffer) -> str:
        """The name of a buffer in the source."""
        self._using.add(buffer)
        return self.buffers.setdefault(buffer, f"p{len(self.buffers)}")

    def _stage(self, schedule: Schedule, stage: Stage, prepared: list[Piece]) -> list[str]:
        rows = Rows(self, schedule)
        loops = [rows.loop(loop) for loop in stage.loops]
        lines = ["    " + self._product(product, prepared) for product in stage.products]
        if loops:
            lines += ["    for (int64_t b = b0; b < b1; b++) {", *rows.pointers()]
            lines += [*(line for loop in loops for line in loop), "    }"]
        return lines

    def _product(self, product: Product, prepared: list[Piece]) -> str:
        matrix = self.buffer(packed(product.matrix.attr[0], transposed=product.transposed))
        a, c = (self.address(place, "b0") for place in (product.operand, product.result))
        lda, ldc = (self.sizes(place.buffer.width) for place in (product.operand, product.result))
        counts = f"b1 - b0, {self.sizes(product.inner)}, {self.sizes(product.width)}"
        begun = f"{int(product.add)}, 0, 0, 0, 0"
        for piece in prepared:
            if piece.place == product.result:
                x, _, columns, bias = piece.operands(self)
                features = self.sizes(piece.leaf.args[0].width)
                begun = f"!{JOINT}, {bias}, {JOINT} ? {x} + (t * n0 + b0) * {features} : 0, {columns}, {features}"
        return f"multiply({a}, {lda}, {matrix}, {counts}, {c}, {ldc}, {begun});"

    def address(self, place: Place, row: str) -> str:
        """Where a row begins, in C."""
        label = self.buffer(place.buffer)
        if place.buffer.kind == Kind.SUM:
            return f"{label} + {self.sizes(place.column)}"
        index = INDEX[place.buffer.kind].format(later=place.later)
        return f"{label} + ({index} + {row}) * {self.sizes(place.buffer.width)} + {self.sizes(place.column)}"
