"""Affine maps of the input, in pieces: columns that a product of a state is added to, and the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.modeling.engine.native.buffers import columns, vector, whole
from harness.modeling.engine.planning import plan
from harness.modeling.engine.planning.program import Buffer, Kind, Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.modeling.engine.form.node import Node
    from harness.modeling.engine.native.emit import Source
    from harness.modeling.engine.native.schedule import Schedule

HOT = Buffer(plan.HOT, 1, Kind.INDICES)
"""Which unit vector each input is, where all are."""
JOINT = "joint"
"""In C, whether pieces and what is added to them are one product: of rows enough, and no unit vectors."""


@dataclass(frozen=True)
class Piece:
    """Columns of an affine map.

    Attributes:
        leaf: the map.
        place: where they are written.
        width: how many they are.
        added_to: whether a product is.
    """

    leaf: Node
    place: Place
    width: int
    added_to: bool

    def prepare(self, source: Source) -> str:
        """What writes them for a few steps, in C."""
        x, matrix, packed, bias = self.operands(source)
        to = f"{source.buffer(self.place.buffer)} + {source.sizes(self.place.column)}"
        sizes = ", ".join(map(source.sizes, (self.leaf.args[0].width, self.width, self.leaf.width)))
        given = f"{x}, {source.buffer(HOT)}, {matrix}, {packed}, {bias}, {to}"
        return f"prepare(multiply, {given}, {sizes}, few, end, n0, b0, b1);"

    def operands(self, source: Source) -> tuple[str, str, str, str]:
        """The input, the matrix as it is and packed, and the bias, in C."""
        operand, matrix, bias = self.leaf.args
        number, column = matrix.attr[0], source.sizes(self.place.column)
        return (
            source.buffer(Buffer(plan.X, operand.width, Kind.HISTORY)),
            f"{source.buffer(whole(number))} + {column}",
            source.buffer(columns(number, self.place.column, self.width)),
            f"{source.buffer(vector(bias.attr, bias.width))} + {column}",
        )


def pieces(schedule: Schedule) -> Iterator[Piece]:
    """The pieces of all affine maps that a program prepares."""
    products = [product for stage in schedule.stages for product in stage.products]
    for leaf, buffer in schedule.program.prepared.items():
        end = 0
        added_to = sorted((p.result.column, p.width) for p in products if p.result.buffer == buffer)
        for start, width in [*added_to, (leaf.width, 0)]:
            if start > end:
                yield Piece(leaf, Place(buffer, end), start - end, added_to=False)
            if width:
                yield Piece(leaf, Place(buffer, start), width, added_to=True)
            end = start + width
