"""Programs run step by step in torch: without a compiler, and on a GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from harness.modeling.engine.evaluate import compute, rows_of
from harness.modeling.engine.program import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.modeling.engine.evaluate import Pairs
    from harness.modeling.engine.graph import Node
    from harness.modeling.engine.plan import Plan
    from harness.modeling.engine.program import Place, Program

DEEP = 256
"""Of how many products a sum is added up at once."""


class Eager:
    """A plan as operations of torch.

    Args:
        plan: what to compute.
    """

    name = "torch"
    prepares = False

    def __init__(self, plan: Plan) -> None:
        self._programs: dict[str, Program] = {
            name: getattr(plan, name) for name in ("inference", "forward", "backward")
        }
        self._nodes = {name: program.nodes() for name, program in self._programs.items()}

    def threads(self, rows: int) -> int:  # noqa: ARG002
        """One: torch shares out single operations."""
        return 1

    @staticmethod
    def product(pairs: Pairs, matrix: torch.Tensor, *, add: bool = False) -> None:
        """See `Products`. Long sums are added up in parts, which rounds less."""
        for a, out in pairs:
            if not add:
                torch.mm(a, matrix, out=out)
                continue
            deep = DEEP if a.device.type == "cpu" else len(matrix)
            for part, rows in zip(torch.split(a, deep, 1), torch.split(matrix, deep), strict=True):
                out.add_(torch.mm(part, rows))

    def bind(self, name: str, buffers: Mapping[str, torch.Tensor], rows: int) -> Callable[[int, int], None]:
        """One of the plan's programs; see `Native.bind`."""
        program, nodes = self._programs[name], self._nodes[name]

        def run(begin: int, end: int) -> None:
            steps = range(begin, end)
            for t in reversed(steps) if program.backward else steps:
                values: dict[Node, Any] = {}
                for node in nodes:
                    values[node] = self._value(program, node, values, buffers, t, begin)
                for node, place in program.stored:
                    target = _at(place, buffers, t, begin, node.width)
                    target.copy_(rows_of(values[node], rows, node.width, target))
                for node, buffer in program.summed:
                    buffers[buffer.name][0, 0] += values[node].sum(0)

        return run

    @staticmethod
    def _value(
        program: Program, node: Node, values: dict[Node, Any], buffers: Mapping[str, torch.Tensor], t: int, begin: int
    ) -> Any:  # noqa: ANN401
        if node in program.given:
            return _at(program.given[node], buffers, t, begin, node.width)
        if node.op == "vector":
            return buffers[f"vector {node.attr}"]
        if node.op == "matrix":
            return buffers[f"matrix {node.attr[0]}"]
        return compute(node, [values[arg] for arg in node.args])


def _at(place: Place, buffers: Mapping[str, torch.Tensor], t: int, begin: int, width: int) -> torch.Tensor:
    """A value at a step: (batch, width)."""
    index = {Kind.HISTORY: t + place.later, Kind.TURNS: (t + place.later) & 1}
    whole = buffers[place.buffer.name][index.get(place.buffer.kind, t - begin)]
    return whole if whole.shape[1] == width else whole.narrow(1, place.column, width)
