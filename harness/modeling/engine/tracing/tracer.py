"""The tracer: listens to what a step asks of torch, and makes nodes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from harness.modeling.engine.form.graph import Graph
from harness.modeling.engine.form.node import Node, Part
from harness.modeling.engine.form.parameters import Held, Made
from harness.modeling.engine.refused import RefusedError, refuse_operator
from harness.modeling.engine.tracing.aten import FROM_NOTHING, HANDLERS
from harness.modeling.engine.tracing.blocks import BATCH, ONE, WIDTH, Blocks, each
from harness.modeling.engine.tracing.formulas import FORMULAS
from harness.modeling.engine.tracing.shapes import SHAPED

if TYPE_CHECKING:
    from torch._ops import OpOverload

    from harness.modeling.cell import Cell


WITHOUT_RESULT = frozenset({torch.ops.aten._linalg_check_errors.default})  # noqa: SLF001
"""Operators that give nothing, and so decide nothing."""


class Tracer(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Listens to the operations of a step."""

    def __init__(self, cell: Cell, batch: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.graph = Graph()
        self.batch = batch
        self.dtype = next(cell.parameters()).dtype
        self._names = {id(tensor): name for name, tensor in [*cell.named_buffers(), *cell.named_parameters()]}
        self._known: dict[int, tuple[Tensor, Node | Blocks | int]] = {}
        self._lost: dict[int, tuple[Tensor, str]] = {}

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
        moving = [self._moving(arg) for arg in tensors_in((args, kwargs))]
        if not any(moving):
            return self._of_parameters(func, args, kwargs)
        if func in FORMULAS:
            with self:
                return FORMULAS[func](*args, **kwargs)
        changed = args[0] if func._schema.is_mutable else None  # noqa: SLF001
        handler = HANDLERS.get(_functional(func) if changed is not None else func)
        if handler is None and func not in SHAPED:
            return self._decomposed(func, args, kwargs)
        in_blocks = any(
            isinstance(self._known.get(id(arg), (None, 0))[1], Blocks) for arg in tensors_in((args, kwargs))
        )
        if changed is None:
            result = func(*args, **kwargs)
            if in_blocks or handler is None or any(tensor.dim() > 2 for tensor in tensors_in(result)):  # noqa: PLR2004
                return self._keep_blocks(func, args, kwargs, result)
        elif in_blocks:
            raise RefusedError("its step changes a tensor of more than two dimensions in place")
        assert handler is not None  # noqa: S101 - nothing in SHAPED changes its arguments
        nodes = handler(self, *args, **kwargs)
        if changed is not None:
            self._lose_what_overlaps(changed)
            result = func(*args, **kwargs)
        return self._keep(func, nodes, result)

    def operand(self, value: Any) -> Node:  # noqa: ANN401
        """The node of a tensor or a number."""
        if not isinstance(value, Tensor):
            return self.graph.constant(value)
        known = self._value(value)
        if isinstance(known, Blocks):
            raise RefusedError(f"its step makes a tensor of shape {self._shape(value)}, and not (batch, width)")
        return known if isinstance(known, Node) else self._vector(value, known)

    def matrix(self, tensor: Tensor) -> Node:
        """The node of a matrix that depends on parameters only."""
        number = self._value(tensor)
        if not isinstance(number, int) or tensor.dim() != 2:  # noqa: PLR2004
            raise RefusedError("its step multiplies states with each other")
        return self.graph.matrix(number, *tensor.shape)

    def fits(self, tensor: Tensor, node: Node) -> bool:
        """Whether a tensor has the shape of a node."""
        shapes = [(self.batch, node.width), *([(self.batch,)] if node.width == 1 else [])]
        return tuple(tensor.shape) in shapes

    def _shape(self, tensor: Tensor) -> str:
        return f"({', '.join('batch' if size == self.batch else str(size) for size in tensor.shape)})"

    def _moving(self, tensor: Tensor) -> bool:
        return isinstance(self._known.get(id(tensor), (None, 0))[1], Node | Blocks)

    def _keep_blocks(self, func: OpOverload, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> Any:  # noqa: ANN401
        """Write down an operation on tensors of more than two dimensions, or that makes one, as those on its blocks."""
        several = list(result) if isinstance(result, list | tuple) else [result]
        values = self._in_blocks(args)
        with self:
            if func in SHAPED:
                made = SHAPED[func](several[0].shape, *values, **kwargs)
            else:
                made = each(lambda *parts: _first(func(*parts, **kwargs)), values, several[0].shape)
            made = made if isinstance(made, list) else [made, *[None] * (len(several) - 1)]
            nodes = [self._kept_blocks(func, *both) for both in zip(made, several, strict=True)]
        return self._keep(func, nodes, several) and result

    def _kept_blocks(self, func: OpOverload, value: Blocks | None, tensor: Tensor) -> Node | Blocks | None:
        """What is written down for a tensor: a node where it has rows of columns."""
        if value is None:
            return None
        if value.shape != tuple(tensor.shape):
            raise RefusedError(f"its step makes a tensor of shape {self._shape(tensor)} ({_name(func)})")
        plain = value.axes[0] == BATCH and len(value.parts) == 1 and tensor.dim() <= 2  # noqa: PLR2004
        return self.operand(value.parts[0]) if plain else value

    def _in_blocks(self, value: Any) -> Any:  # noqa: ANN401
        if isinstance(value, list | tuple):
            return [self._in_blocks(part) for part in value]
        if not isinstance(value, Tensor):
            return value
        known = self._value(value)
        if isinstance(known, int):
            return self._once(value, known)
        if isinstance(known, Blocks):
            return known
        with self:
            rows = value.view(len(value), -1)  # not the tensor itself, which may be changed in place
        return Blocks((rows,), (BATCH, WIDTH if rows.shape[1] > 1 else ONE)[: value.dim()])

    def _decomposed(self, func: OpOverload, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
        """What torch itself makes of others."""
        with self:
            result = func.decompose(*args, **kwargs)
        if result is NotImplemented:
            refuse_operator(_name(func))
        return result

    def _lose_what_overlaps(self, changed: Tensor) -> None:
        """Forget what other tensors hold that lie where one is changed in place."""
        storage = changed.untyped_storage().data_ptr()
        for tensor, _ in self._known.values():
            if tensor is not changed and tensor.untyped_storage().data_ptr() == storage and _overlap(tensor, changed):
                self._lost[id(tensor)] = tensor, "uses a tensor of which it has changed a part in place"

    def _keep(self, func: OpOverload, nodes: Any, result: Any) -> Any:  # noqa: ANN401
        several = isinstance(result, list | tuple)
        for node, tensor in zip(*((nodes, result) if several else ([nodes], [result])), strict=True):
            if node is None:
                self._lost[id(tensor)] = tensor, "uses a by-product of an operation"
                continue
            if tensor.dtype not in {self.dtype, torch.bool}:
                raise RefusedError(f"its step computes in {str(tensor.dtype).removeprefix('torch.')} ({_name(func)})")
            if isinstance(node, Node) and not self.fits(tensor, node):
                raise RefusedError(
                    f"its step makes a tensor of shape {self._shape(tensor)}, and not (batch, width) ({_name(func)})"
                )
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
        elif tensors_in((args, kwargs)) and func not in WITHOUT_RESULT:
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

    def _value(self, tensor: Tensor) -> Node | Blocks | int:
        if id(tensor) in self._lost:
            raise RefusedError(f"its step {self._lost[id(tensor)][1]}")
        if id(tensor) not in self._known:
            name = self._names.get(id(tensor))
            if name is None and tensor.requires_grad:
                raise RefusedError("its step uses a tensor with a gradient that is none of its parameters")
            held = Held("constant", tensor) if name is None else Held(name)
            self._known[id(tensor)] = tensor, self.graph.parameters.hold(held)
        return self._known[id(tensor)][1]

    def _is_one_number(self, tensor: Tensor, number: int) -> bool:
        return self.graph.parameters.fixed(number) and bool((tensor == tensor.flatten()[0]).all())

    def _once(self, tensor: Tensor, number: int) -> Tensor:
        """What depends on parameters only; one number for all of a batch as such, in one place of memory."""
        if tensor.dim() > 2 and len(tensor) and self._is_one_number(tensor, number):  # noqa: PLR2004
            with self:
                return tensor.flatten()[:1].expand(tensor.shape)
        return tensor

    def _vector(self, tensor: Tensor, number: int) -> Node:
        """What depends on parameters only, as the same row for all of a batch."""
        make = self.graph.parameters.make
        if tensor.is_complex():
            raise RefusedError("its step computes with complex numbers")
        if self._is_one_number(tensor, number):
            return self.graph.constant(tensor.flatten()[0].item())
        if tensor.dtype != self.dtype:  # a mask, a count, a number of higher precision
            number = make(torch.Tensor.to, Made(number), self.dtype)
        if tensor.dim() < 2 or tensor.shape[0] == 1:  # noqa: PLR2004
            return self.graph.vector(make(torch.reshape, Made(number), (-1,)), tensor.numel())
        if tensor.dim() == 2 and len(tensor) == self.batch and torch.equal(tensor, tensor[:1].expand_as(tensor)):  # noqa: PLR2004
            return self.graph.vector(make(torch.select, Made(number), 0, 0), tensor.shape[1])
        raise RefusedError(f"its step computes with a tensor of shape {tuple(tensor.shape)} that is no row")


def _overlap(a: Tensor, b: Tensor) -> bool:
    """Whether two tensors in one memory may have a number in common: columns side by side have none."""
    if a.dim() != 2 or b.dim() != 2 or a.stride() != b.stride() or a.stride(1) != 1:  # noqa: PLR2004
        return True
    (first, width), (second, _) = sorted((t.storage_offset() % t.stride(0), t.shape[1]) for t in (a, b))
    return second < first + width


def _first(result: Any) -> Any:  # noqa: ANN401
    """The result of an operator, without its by-products."""
    return result[0] if isinstance(result, tuple) else result


def _item(values: Any, place: int) -> Any:  # noqa: ANN401
    return values[place]


def _name(func: OpOverload) -> str:
    return str(func).removeprefix("aten.").removesuffix(".default")


def _functional(func: OpOverload) -> Any:  # noqa: ANN401
    """The operator that gives what this one writes into its first argument."""
    name = func._schema.name.partition("::")[2]  # noqa: SLF001
    packet = getattr(torch.ops.aten, name.removesuffix("_"), None)
    return getattr(packet, func._overloadname, None) if name.endswith("_") else None  # noqa: SLF001


def tensors_in(value: Any) -> list[Tensor]:  # noqa: ANN401
    """The tensors among the arguments of a function."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [tensor for part in value for tensor in tensors_in(part)] if isinstance(value, list | tuple) else []
