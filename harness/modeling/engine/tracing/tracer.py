"""The tracer: listens to what a step asks of torch, and makes nodes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from harness.modeling.engine.refused import RefusedError, refuse_operator
from harness.modeling.engine.tracing.aten import FROM_NOTHING, HANDLERS
from harness.modeling.engine.tracing.blocks import BATCH, ONE, WIDTH, Blocks, each
from harness.modeling.engine.tracing.formulas import FORMULAS
from harness.modeling.engine.tracing.known import Known, name_of, tensors_in
from harness.modeling.engine.tracing.shapes import SHAPED

if TYPE_CHECKING:
    from torch._ops import OpOverload

    from harness.modeling.cell import Cell
    from harness.modeling.engine.form.node import Node


class Tracer(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Listens to the operations of a step.

    Args:
        cell: whose step is traced.
        batch: the size that it is traced with.

    Attributes:
        known: what the tensors of the step stand for.
    """

    def __init__(self, cell: Cell, batch: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.known = Known(cell, batch)

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Nothing is compiled by torch.compile in here; to say that it is not to be, torch would import all of it."""
        return False

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
            raise RefusedError(f"its step draws random numbers ({name_of(func)})")
        if func in FROM_NOTHING:
            return self.known.uniform(func(*args, **kwargs))
        if not any(map(self.known.moving, tensors_in((args, kwargs)))):
            return self.known.of_parameters(func, args, kwargs)
        if func in FORMULAS:
            with self:
                return FORMULAS[func](*args, **kwargs)
        changed = args[0] if func._schema.is_mutable else None  # noqa: SLF001
        handler = HANDLERS.get(_functional(func) if changed is not None else func)
        if handler is None and func not in SHAPED:
            return self._decomposed(func, args, kwargs)
        in_blocks = any(map(self.known.in_blocks, tensors_in((args, kwargs))))
        if changed is None:
            result = func(*args, **kwargs)
            if in_blocks or handler is None or any(tensor.dim() > 2 for tensor in tensors_in(result)):  # noqa: PLR2004
                return self._keep_blocks(func, args, kwargs, result)
        elif in_blocks:
            raise RefusedError("its step changes a tensor of more than two dimensions in place")
        assert handler is not None  # noqa: S101 - nothing in SHAPED changes its arguments
        nodes = handler(self.known, *args, **kwargs)
        if changed is not None:
            self.known.lose_what_overlaps(changed)
            result = func(*args, **kwargs)
        return self.known.keep(func, nodes, result)

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
        return self.known.keep(func, nodes, several) and result

    def _kept_blocks(self, func: OpOverload, value: Blocks | None, tensor: Tensor) -> Node | Blocks | None:
        """What is written down for a tensor: a node where it has rows of columns."""
        if value is None:
            return None
        if value.shape != tuple(tensor.shape):
            raise RefusedError(f"its step makes a tensor of shape {self.known.shape(tensor)} ({name_of(func)})")
        plain = value.axes[0] == BATCH and len(value.parts) == 1 and tensor.dim() <= 2  # noqa: PLR2004
        return self.known.operand(value.parts[0]) if plain else value

    def _in_blocks(self, value: Any) -> Any:  # noqa: ANN401
        if isinstance(value, list | tuple):
            return [self._in_blocks(part) for part in value]
        if not isinstance(value, Tensor):
            return value
        known = self.known.value(value)
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
            refuse_operator(name_of(func))
        return result

    def _once(self, tensor: Tensor, number: int) -> Tensor:
        """What depends on parameters only; one number for all of a batch as such, in one place of memory."""
        if tensor.dim() > 2 and len(tensor) and self.known.is_one_number(tensor, number):  # noqa: PLR2004
            with self:
                return tensor.flatten()[:1].expand(tensor.shape)
        return tensor


def _first(result: Any) -> Any:  # noqa: ANN401
    """The result of an operator, without its by-products."""
    return result[0] if isinstance(result, tuple) else result


def _functional(func: OpOverload) -> Any:  # noqa: ANN401
    """The operator that gives what this one writes into its first argument."""
    name = func._schema.name.partition("::")[2]  # noqa: SLF001
    packet = getattr(torch.ops.aten, name.removesuffix("_"), None)
    return getattr(packet, func._overloadname, None) if name.endswith("_") else None  # noqa: SLF001
