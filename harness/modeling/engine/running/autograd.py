"""A recurrence as one operation of autograd."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.autograd import Function

if TYPE_CHECKING:
    from torch import Tensor

    from harness.modeling.engine.running.kernel import Kernel


class KernelFunction(Function):
    """A kernel for autograd."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401
        kernel: Kernel,
        count: int,
        x: Tensor,
        hot: Tensor | None,
        *tensors: Tensor,
    ) -> tuple[Tensor, ...]:
        """The outputs and the last states; `count` of the tensors are states, the others values of parameters."""
        states, values = tensors[:count], list(tensors[count:])
        x = x.contiguous()
        keep = any(ctx.needs_input_grad)
        seen, *final, buffers = kernel.forward(x, hot, states, values, keep=keep)
        where = seen.untyped_storage(), seen.storage_offset(), seen.size(), seen.stride()
        outputs = seen.new_empty(0).set_(*where)  # the same memory, but no view, which autograd lets nobody change
        if keep:
            ctx.kernel, ctx.buffers = kernel, buffers
            ctx.save_for_backward(x, hot, outputs, *values)
        return outputs, *final

    @staticmethod
    def backward(ctx: Any, seen: Tensor, *carried: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
        """The gradients of what went in.

        Raises:
            RuntimeError: a second derivative is asked for.
        """
        if torch.is_grad_enabled():  # create_graph=True
            raise RuntimeError(
                "a compiled recurrence has no second derivative: use Recurrence(cell, engine='loop'), or --engine loop."
            )
        x, hot, _, *values = ctx.saved_tensors  # the outputs among them: changed in place, they would no longer do
        to_input = ctx.needs_input_grad[2]
        gradients = ctx.kernel.backward(x, hot, values, ctx.buffers, seen, list(carried), to_input=to_input)
        to_x, to_states, to_values = gradients
        return None, None, to_x, None, *to_states, *to_values
