"""Tracing: a cell's step is run once on numbers, and what torch is asked to do meanwhile is written down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.autograd.function import BackwardCFunction
from torch.overrides import TorchFunctionMode

from harness.modeling.engine.form.node import describe, ordered
from harness.modeling.engine.refused import RefusedError
from harness.modeling.engine.tracing.contract import checked, like
from harness.modeling.engine.tracing.known import tensors_in
from harness.modeling.engine.tracing.settings import unchanged
from harness.modeling.engine.tracing.tracer import Tracer

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.modeling.cell import Cell
    from harness.modeling.engine.form.graph import Graph
    from harness.modeling.engine.form.node import Node

LIKELY_SIZES = 61, 67
"""Of batches that a step is traced with, where the cell has no such width: two, so that a step that depends on the size
of its batch is found out."""


@dataclass(frozen=True)
class Trace:
    """A step as a graph.

    Attributes:
        graph: that made the nodes.
        input: x.
        states: before the step.
        after: the new states, one for each.
        sizes: of a row of each state, which may have more dimensions than one: its numbers are columns here.
        batch: the size that it was traced with.
    """

    graph: Graph
    input: Node
    states: tuple[Node, ...]
    after: tuple[Node, ...]
    sizes: tuple[torch.Size, ...]
    batch: int

    def describe(self) -> list[str]:
        """What the step computes: equal for steps that compute the same."""
        parameters = [node for node in ordered(self.after) if node.op in {"vector", "matrix"}]
        numbers = [node.attr if node.op == "vector" else node.attr[0] for node in parameters]
        return describe(self.after) + self.graph.parameters.describe(numbers, self.batch)


def trace(cell: Cell) -> Trace:
    """The step of a cell as a graph.

    Raises:
        RefusedError: the step does what the engine cannot take.
        HarnessError: the step breaks the contract of a cell.
    """
    widths = {size for parameter in cell.parameters() for size in parameter.shape} | {cell.input_size}
    sizes = [size + extra for size in LIKELY_SIZES for extra in range(0, 1000, 6) if size + extra not in widths]
    traced: list[Trace] = unchanged(cell, lambda cell: [_traced(cell, batch) for batch in (sizes[0], sizes[-1])])
    first, second = traced
    if first.describe() != second.describe():
        raise RefusedError("its step depends on the size of the batch")
    unchanged(cell, check_derivative)
    return first


def _traced(cell: Cell, batch: int) -> Trace:
    parameter = next(cell.parameters(), None)
    if parameter is None:
        raise RefusedError("it has no parameters")
    generator = torch.Generator().manual_seed(batch)
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        states = [like(state, generator) for state in cell.initial(batch)]
        x = like(parameter.new_empty(batch, cell.input_size), generator)
        if states[0].dim() != 2 or any(state.dim() < 2 or len(state) != batch for state in states):  # noqa: PLR2004
            raise RefusedError("its first state is not (batch, width), or another one not (batch, …)")
        tracer = Tracer(cell, batch)
        columns = [state.flatten(1) for state in states]  # the same memory
        nodes = tuple(tracer.known.enter("state", state, number) for number, state in enumerate(columns))
        entered = tracer.known.enter("input", x, 0)
        given = [tensor.clone() for tensor in (x, *states)]
        with tracer:
            shaped = [state.view_as(whole) for state, whole in zip(columns, states, strict=True)]
            result = cell.step(x, *shaped)
        after = checked(cell, result, states, list(zip(given, (x, *states), strict=True)))
        with tracer:
            after = tuple(state.flatten(1) for state in after)
        returned = tuple(tracer.known.graph.expand(tracer.known.operand(state), state.shape[1]) for state in after)
        sizes = tuple(state.shape[1:] for state in states)
        return Trace(tracer.known.graph, entered, nodes, returned, sizes, batch)


def check_derivative(cell: Cell) -> None:
    """See that the derivative of the step is that of its operations.

    Raises:
        RefusedError: it has one of its own.
    """
    generator = torch.Generator().manual_seed(0)
    with torch.enable_grad(), torch.random.fork_rng(devices=[]), _Listening():
        states = [like(state, generator).requires_grad_() for state in cell.initial(2)]
        result = cell.step(like(states[0].new_empty(2, cell.input_size), generator).requires_grad_(), *states)
    open_: list[Any] = [state.grad_fn for state in (result if isinstance(result, tuple) else (result,))]
    seen = set()
    while open_:
        function = open_.pop()
        if function is None or function in seen:
            continue
        seen.add(function)
        if isinstance(function, BackwardCFunction):
            raise RefusedError("its step has a derivative of its own (torch.autograd.Function)")
        open_ += [before for before, _ in function.next_functions]


class _Listening(TorchFunctionMode):
    """Listens for what changes gradients on their way."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,  # noqa: ANN401
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        """Do what is asked, unless it is to change a gradient."""
        if func is Tensor.register_hook:
            raise RefusedError("its step has hooks on tensors")
        result = func(*args, **(kwargs or {}))
        stops = not torch.is_grad_enabled() and isinstance(result, Tensor)
        if stops and any(tensor.requires_grad for tensor in tensors_in((args, kwargs or {}))):
            raise RefusedError("its step turns gradients off (torch.no_grad): detach() does so for one tensor")
        return result
