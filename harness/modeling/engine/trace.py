"""Tracing: a cell's step is run once on numbers, and what torch is asked to do meanwhile is written down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.autograd.function import BackwardCFunction
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from harness.errors import HarnessError
from harness.modeling.engine.aten import FORMULAS, FROM_NOTHING, HANDLERS
from harness.modeling.engine.graph import Graph, Node, Part, describe, ordered
from harness.modeling.engine.parameters import Held, Made
from harness.modeling.engine.refused import RefusedError
from harness.modeling.engine.settings import unchanged

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch._ops import OpOverload

    from harness.modeling.cell import Cell

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
        batch: the size that it was traced with.
    """

    graph: Graph
    input: Node
    states: tuple[Node, ...]
    after: tuple[Node, ...]
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
        states = [_like(state, generator) for state in cell.initial(batch)]
        x = _like(parameter.new_empty(batch, cell.input_size), generator)
        if any(state.dim() != 2 or state.shape[0] != batch for state in states):  # noqa: PLR2004
            raise RefusedError("its states are not (batch, width)")
        tracer = Tracer(cell, batch)
        nodes = tuple(tracer.enter("state", state, number) for number, state in enumerate(states))
        entered = tracer.enter("input", x, 0)
        given = [tensor.clone() for tensor in (x, *states)]
        with tracer:
            result = cell.step(x, *states)
        after = _checked(cell, result, states, list(zip(given, (x, *states), strict=True)))
        returned = tuple(tracer.graph.expand(tracer.operand(state), state.shape[1]) for state in after)
        return Trace(tracer.graph, entered, nodes, returned, batch)


def names(cell: Cell, count: int) -> tuple[str, ...]:
    """Those of the states; their numbers where the cell does not name as many as it has."""
    return cell.states if len(cell.states) == count else tuple(map(str, range(count)))


def check_derivative(cell: Cell) -> None:
    """See that the derivative of the step is that of its operations.

    Raises:
        RefusedError: it has one of its own.
    """
    generator = torch.Generator().manual_seed(0)
    with torch.enable_grad(), torch.random.fork_rng(devices=[]), _Listening():
        states = [_like(state, generator).requires_grad_() for state in cell.initial(2)]
        result = cell.step(_like(states[0].new_empty(2, cell.input_size), generator).requires_grad_(), *states)
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
        return func(*args, **(kwargs or {}))


def _like(tensor: Tensor, generator: torch.Generator) -> Tensor:
    return torch.randn(tensor.shape, generator=generator, dtype=torch.float64).mul(0.5).to(tensor)


def check_step(cell: Cell) -> None:
    """See that the step keeps the contract of a cell. A step that fails is left to who runs it.

    Raises:
        HarnessError: it does not.
    """
    try:
        unchanged(cell, _try)
    except HarnessError:
        raise
    except Exception:  # noqa: BLE001, S110 - its traceback belongs to the run
        pass


def _try(cell: Cell) -> None:
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        states = [_like(state, generator) for state in cell.initial(3)]
        inputs = [_like(states[0].new_empty(3, cell.input_size), generator), *states]
        given = [tensor.clone() for tensor in inputs]
        _checked(cell, cell.step(*inputs), states, list(zip(given, inputs, strict=True)))


def _checked(
    cell: Cell,
    result: object,
    states: list[Tensor],
    inputs: list[tuple[Tensor, Tensor]],
) -> tuple[Tensor, ...]:
    """The new states, if they are as the contract says; of inputs, what they were and what they are."""
    name, labels = type(cell).__name__, names(cell, len(states))
    if not isinstance(result, tuple | Tensor):
        raise HarnessError(f"{name}.step returned {_kind(result)}; it must return {_states(labels)}.")
    after = result if isinstance(result, tuple) else (result,)
    if len(after) != len(states):
        raise HarnessError(
            f"{name}.step returned {len(after)} state{'s' * (len(after) != 1)}, and must return {len(states)}: "
            f"{', '.join(labels)}."
        )
    for label, new, old in zip(labels, after, states, strict=True):
        start = f"{name}.step returned"
        if not isinstance(new, Tensor):
            raise HarnessError(f'{start} {_kind(new)} for the state "{label}"; it must be a tensor.')
        if new.shape != old.shape:
            shapes = [f"({', '.join(['batch', *map(str, old.shape[1:])])})", str(tuple(new.shape))]
            raise HarnessError(
                f'{start} shape {shapes[1]} for the state "{label}" and a batch of {len(old)}; it must be {shapes[0]}.'
            )
        if new.dtype != old.dtype:
            kinds = [str(tensor.dtype).removeprefix("torch.") for tensor in (new, old)]
            raise HarnessError(f'{start} {kinds[0]} numbers for the state "{label}"; they must be {kinds[1]}.')
    if not all(torch.equal(was, now) for was, now in inputs):
        raise HarnessError(f"{name}.step changes its inputs in place: it must make new tensors.")
    return after


def _kind(value: Any) -> str:  # noqa: ANN401
    name = type(value).__name__
    return "nothing (None)" if value is None else f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _states(labels: tuple[str, ...]) -> str:
    if len(labels) == 1:
        return f"the new state {labels[0]}, a tensor"
    return f"the {len(labels)} new states as a tuple: {', '.join(labels)}"


class Tracer(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Listens to the operations of a step."""

    def __init__(self, cell: Cell, batch: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.graph = Graph()
        self.batch = batch
        self.dtype = next(cell.parameters()).dtype
        self._names = {id(tensor): name for name, tensor in [*cell.named_buffers(), *cell.named_parameters()]}
        self._known: dict[int, tuple[Tensor, Node | int]] = {}
        self._lost: dict[int, Tensor] = {}

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Nothing is compiled by torch.compile in here; to say that it is not to be, torch would import all of it."""
        return False

    def enter(self, op: str, tensor: Tensor, number: int) -> Node:
        """The node of a tensor that goes into the step."""
        part = Part.INPUT if op == "input" else Part.STATE
        node = self.graph.make(op, attr=number, width=tensor.shape[1], part=part)
        self._known[id(tensor)] = tensor, node
        return node

    def __torch_dispatch__(
        self,
        func: OpOverload,
        types: Any,  # noqa: ANN401
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        """Do what is asked, and write it down."""
        kwargs = kwargs or {}
        if torch.Tag.nondeterministic_seeded in func.tags:
            raise RefusedError(f"its step draws random numbers ({_name(func)})")
        if func in FROM_NOTHING:
            return self._uniform(func(*args, **kwargs))
        moving = [self._moving(arg) for arg in _tensors_in((args, kwargs))]
        if not any(moving):
            return self._of_parameters(func, args, kwargs)
        if func in FORMULAS:
            with self:
                return FORMULAS[func](*args, **kwargs)
        changed = args[0] if func._schema.is_mutable else None  # noqa: SLF001
        handler = HANDLERS.get(_functional(func) if changed is not None else func)
        if handler is None:
            raise RefusedError(f"its step does what the engine has no rule for ({_name(func)})")
        if changed is not None and self._shared(changed):
            raise RefusedError(f"its step changes a part of a tensor in place ({_name(func)})")
        nodes = handler(self, *args, **kwargs)
        result = func(*args, **kwargs)
        return self._keep(func, nodes, result)

    def operand(self, value: Any) -> Node:  # noqa: ANN401
        """The node of a tensor or a number."""
        if not isinstance(value, Tensor):
            return self.graph.constant(value)
        known = self._value(value)
        return known if isinstance(known, Node) else self._vector(value, known)

    def matrix(self, tensor: Tensor) -> Node:
        """The node of a matrix that depends on parameters only."""
        number = self._value(tensor)
        if isinstance(number, Node) or tensor.dim() != 2:  # noqa: PLR2004
            raise RefusedError("its step multiplies states with each other")
        return self.graph.matrix(number, *tensor.shape)

    def fits(self, tensor: Tensor, node: Node) -> bool:
        """Whether a tensor has the shape of a node."""
        shapes = [(self.batch, node.width), *([(self.batch,)] if node.width == 1 else [])]
        return tuple(tensor.shape) in shapes and (tensor.dtype in {self.dtype, torch.bool})

    def _moving(self, tensor: Tensor) -> bool:
        return isinstance(self._known.get(id(tensor), (None, 0))[1], Node)

    def _shared(self, tensor: Tensor) -> bool:
        storage = tensor.untyped_storage().data_ptr()
        others = [known for known, _ in self._known.values() if known is not tensor]
        return any(other.untyped_storage().data_ptr() == storage for other in others)

    def _keep(self, func: OpOverload, nodes: Any, result: Any) -> Any:  # noqa: ANN401
        several = isinstance(result, list | tuple)
        for node, tensor in zip(*((nodes, result) if several else ([nodes], [result])), strict=True):
            if node is None:
                self._lost[id(tensor)] = tensor
                continue
            if not self.fits(tensor, node):
                raise RefusedError(f"its step makes a tensor of shape {tuple(tensor.shape)} ({_name(func)})")
            self._known[id(tensor)] = tensor, node
        return result

    def _uniform(self, tensor: Tensor) -> Tensor:
        """Keep a tensor that was made of one number."""
        value = tensor.flatten()[0].item() if tensor.numel() else 0.0
        like = {"dtype": tensor.dtype, "device": tensor.device}
        self._known[id(tensor)] = tensor, self.graph.parameters.make(torch.full, list(tensor.shape), value, **like)
        return tensor

    def _of_parameters(self, func: OpOverload, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
        """Write down an operation on what depends on no input and no state."""
        if func._schema.is_mutable:  # noqa: SLF001
            raise RefusedError(f"its step changes a parameter or a constant in place ({_name(func)})")
        result = func(*args, **kwargs)
        if isinstance(result, Tensor):
            numbered = self._numbered((args, kwargs))
            self._known[id(result)] = result, self.graph.parameters.make(func, *numbered[0], **numbered[1])
        elif isinstance(result, list | tuple):
            numbered = self._numbered((args, kwargs))
            whole = self.graph.parameters.make(func, *numbered[0], **numbered[1])
            for place, tensor in enumerate(result):
                self._known[id(tensor)] = tensor, self.graph.parameters.make(_item, Made(whole), place)
        elif _tensors_in((args, kwargs)):
            raise RefusedError(f"its step decides by the value of a parameter or a constant ({_name(func)})")
        return result

    def _numbered(self, value: Any) -> Any:  # noqa: ANN401
        if isinstance(value, Tensor):
            return Made(self._number(value))
        if isinstance(value, dict):
            return {name: self._numbered(part) for name, part in value.items()}
        return type(value)(map(self._numbered, value)) if isinstance(value, list | tuple) else value

    def _number(self, tensor: Tensor) -> int:
        number = self._value(tensor)
        assert isinstance(number, int)  # noqa: S101 - the caller has seen to it
        return number

    def _value(self, tensor: Tensor) -> Node | int:
        if id(tensor) in self._lost:
            raise RefusedError("its step uses a by-product of an operation")
        if id(tensor) not in self._known:
            name = self._names.get(id(tensor))
            if name is None and tensor.requires_grad:
                raise RefusedError("its step uses a tensor with a gradient that is none of its parameters")
            held = Held("constant", tensor) if name is None else Held(name)
            self._known[id(tensor)] = tensor, self.graph.parameters.hold(held)
        return self._known[id(tensor)][1]

    def _vector(self, tensor: Tensor, number: int) -> Node:
        """What depends on parameters only, as the same row for all of a batch."""
        make = self.graph.parameters.make
        if tensor.is_complex():
            raise RefusedError("its step computes with complex numbers")
        if self.graph.parameters.fixed(number) and bool((tensor == tensor.flatten()[0]).all()):
            return self.graph.constant(tensor.flatten()[0].item())
        if tensor.dtype != self.dtype:  # a mask, a count, a number of higher precision
            number = make(torch.Tensor.to, Made(number), self.dtype)
        if tensor.dim() < 2 or tensor.shape[0] == 1:  # noqa: PLR2004
            return self.graph.vector(make(torch.reshape, Made(number), (-1,)), tensor.numel())
        if tensor.dim() == 2 and len(tensor) == self.batch and torch.equal(tensor, tensor[:1].expand_as(tensor)):  # noqa: PLR2004
            return self.graph.vector(make(torch.select, Made(number), 0, 0), tensor.shape[1])
        raise RefusedError(f"its step computes with a tensor of shape {tuple(tensor.shape)} that is no row")


def _item(values: Any, place: int) -> Any:  # noqa: ANN401
    return values[place]


def _name(func: OpOverload) -> str:
    return str(func).removeprefix("aten.").removesuffix(".default")


def _functional(func: OpOverload) -> Any:  # noqa: ANN401
    """The operator that gives what this one writes into its first argument."""
    name = func._schema.name.partition("::")[2]  # noqa: SLF001
    packet = getattr(torch.ops.aten, name.removesuffix("_"), None)
    return getattr(packet, func._overloadname, None) if name.endswith("_") else None  # noqa: SLF001


def _tensors_in(value: Any) -> list[Tensor]:  # noqa: ANN401
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [tensor for part in value for tensor in _tensors_in(part)] if isinstance(value, list | tuple) else []
