"""What is known of tensors while a step is traced: nodes of those that move with time, numbers of all others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from harness.modeling.engine.form.graph import Graph
from harness.modeling.engine.form.node import Node, Part
from harness.modeling.engine.form.parameters import Held, Made
from harness.modeling.engine.refused import RefusedError
from harness.modeling.engine.tracing.blocks import Blocks

if TYPE_CHECKING:
    from torch._ops import OpOverload

    from harness.modeling.cell import Cell

WITHOUT_RESULT = frozenset({torch.ops.aten._linalg_check_errors.default})  # noqa: SLF001
"""Operators that give nothing, and so decide nothing."""


class Known:
    """What tensors of a step stand for: a node, or blocks of nodes, or the number of what depends on parameters only.

    Args:
        cell: whose step is traced.
        batch: the size that it is traced with.
    """

    def __init__(self, cell: Cell, batch: int) -> None:
        self.graph = Graph()
        self.batch = batch
        self.dtype = next(cell.parameters()).dtype
        self._names = {id(tensor): name for name, tensor in [*cell.named_buffers(), *cell.named_parameters()]}
        self._known: dict[int, tuple[Tensor, Node | Blocks | int]] = {}
        self._lost: dict[int, tuple[Tensor, str]] = {}

    def enter(self, op: str, tensor: Tensor, number: int) -> Node:
        """The node of a tensor that goes into the step."""
        part = Part.INPUT if op == "input" else Part.STATE
        node = self.graph.make(op, attr=number, width=tensor.shape[1], part=part)
        self._known[id(tensor)] = tensor, node
        return node

    def operand(self, value: Any) -> Node:  # noqa: ANN401
        """The node of a tensor or a number."""
        if not isinstance(value, Tensor):
            return self.graph.constant(value)
        known = self.value(value)
        if isinstance(known, Blocks):
            raise RefusedError(f"its step makes a tensor of shape {self.shape(value)}, and not (batch, width)")
        return known if isinstance(known, Node) else self._vector(value, known)

    def matrix(self, tensor: Tensor) -> Node:
        """The node of a matrix that depends on parameters only."""
        number = self.value(tensor)
        if not isinstance(number, int) or tensor.dim() != 2:  # noqa: PLR2004
            raise RefusedError("its step multiplies states with each other")
        return self.graph.matrix(number, *tensor.shape)

    def value(self, tensor: Tensor) -> Node | Blocks | int:
        """What a tensor stands for; what is not known yet depends on nothing."""
        if id(tensor) in self._lost:
            raise RefusedError(f"its step {self._lost[id(tensor)][1]}")
        if id(tensor) not in self._known:
            name = self._names.get(id(tensor))
            if name is None and tensor.requires_grad:
                raise RefusedError("its step uses a tensor with a gradient that is none of its parameters")
            held = Held("constant", tensor) if name is None else Held(name)
            self._known[id(tensor)] = tensor, self.graph.parameters.hold(held)
        return self._known[id(tensor)][1]

    def take(self, a: Node, columns: Tensor) -> Node:
        """Columns by a list of their numbers, which depends on parameters only."""
        number = self.value(columns)
        if not isinstance(number, int) or columns.dtype != torch.int64 or columns.dim() != 1:
            raise RefusedError("its step takes columns by something else than a list of their numbers")
        return self.take_by(a, number, len(columns))

    def take_by(self, a: Node, number: int, count: int) -> Node:
        """Likewise, where the list itself has a number; of so many columns."""
        if not count:
            raise RefusedError("its step takes no columns at all")
        make = self.graph.parameters.make
        counted = make(torch.Tensor.to, Made(make(_counted, Made(number), a.width)), self.dtype)
        return self.graph.take(a, self.graph.vector(counted, count))

    def moving(self, tensor: Tensor) -> bool:
        """Whether a tensor depends on the input or a state."""
        return isinstance(self._known.get(id(tensor), (None, 0))[1], Node | Blocks)

    def in_blocks(self, tensor: Tensor) -> bool:
        """Whether a tensor has more dimensions than a node."""
        return isinstance(self._known.get(id(tensor), (None, 0))[1], Blocks)

    def shape(self, tensor: Tensor) -> str:
        """A shape as a reader of the step would write it."""
        return f"({', '.join('batch' if size == self.batch else str(size) for size in tensor.shape)})"

    def keep(self, func: OpOverload, nodes: Any, result: Any) -> Any:  # noqa: ANN401
        """Write down what results stand for; by-products, whose node is None, are lost."""
        several = isinstance(result, list | tuple)
        for node, tensor in zip(*((nodes, result) if several else ([nodes], [result])), strict=True):
            if node is None:
                self._lost[id(tensor)] = tensor, "uses a by-product of an operation"
                continue
            if tensor.dtype not in {self.dtype, torch.bool}:
                raise RefusedError(f"its step computes in {str(tensor.dtype).removeprefix('torch.')} ({name_of(func)})")
            if isinstance(node, Node) and not self._fits(tensor, node):
                raise RefusedError(
                    f"its step makes a tensor of shape {self.shape(tensor)}, and not (batch, width) ({name_of(func)})"
                )
            self._known[id(tensor)] = tensor, node
        return result

    def lose_what_overlaps(self, changed: Tensor) -> None:
        """Forget what other tensors hold that lie where one is changed in place."""
        storage = changed.untyped_storage().data_ptr()
        for tensor, _ in self._known.values():
            if tensor is not changed and tensor.untyped_storage().data_ptr() == storage and _overlap(tensor, changed):
                self._lost[id(tensor)] = tensor, "uses a tensor of which it has changed a part in place"

    def uniform(self, tensor: Tensor) -> Tensor:
        """Keep a tensor that was made of one number."""
        value = tensor.flatten()[0].item() if tensor.numel() else 0.0
        like = {"dtype": tensor.dtype, "device": tensor.device}
        self._known[id(tensor)] = tensor, self.graph.parameters.make(torch.full, list(tensor.shape), value, **like)
        return tensor

    def of_parameters(self, func: OpOverload, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
        """Write down an operation on what depends on no input and no state."""
        if func._schema.is_mutable:  # noqa: SLF001
            raise RefusedError(f"its step changes a parameter or a constant in place ({name_of(func)})")
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
            raise RefusedError(f"its step decides by the value of a parameter or a constant ({name_of(func)})")
        return result

    def is_one_number(self, tensor: Tensor, number: int) -> bool:
        """Whether what depends on nothing has one number everywhere."""
        return self.graph.parameters.fixed(number) and bool((tensor == tensor.flatten()[0]).all())

    def _numbered(self, value: Any) -> Any:  # noqa: ANN401
        if isinstance(value, Tensor):
            return Made(self._number(value))
        if isinstance(value, dict):
            return {name: self._numbered(part) for name, part in value.items()}
        return type(value)(map(self._numbered, value)) if isinstance(value, list | tuple) else value

    def _number(self, tensor: Tensor) -> int:
        number = self.value(tensor)
        assert isinstance(number, int)  # noqa: S101 - the caller has seen to it
        return number

    def _fits(self, tensor: Tensor, node: Node) -> bool:
        """Whether a tensor has the shape of a node."""
        shapes = [(self.batch, node.width), *([(self.batch,)] if node.width == 1 else [])]
        return tuple(tensor.shape) in shapes

    def _vector(self, tensor: Tensor, number: int) -> Node:
        """What depends on parameters only, as the same row for all of a batch."""
        make = self.graph.parameters.make
        if tensor.is_complex():
            raise RefusedError("its step computes with complex numbers")
        if self.is_one_number(tensor, number):
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


def _counted(columns: Tensor, width: int) -> Tensor:
    """Numbers of columns, counted from the first, if there are such columns."""
    beyond = columns[(columns < -width) | (columns >= width)]
    if len(beyond):
        raise IndexError(f"index {beyond[0]} is out of bounds for dimension 1 with size {width}")
    return columns % width


def _item(values: Any, place: int) -> Any:  # noqa: ANN401
    return values[place]


def name_of(func: OpOverload) -> str:
    """An operator as it is told: add.Tensor, mm."""
    return str(func).removeprefix("aten.").removesuffix(".default")


def tensors_in(value: Any) -> list[Tensor]:  # noqa: ANN401
    """The tensors among the arguments of a function."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [tensor for part in value for tensor in tensors_in(part)] if isinstance(value, list | tuple) else []
