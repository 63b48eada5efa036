"""What torch's operators do to tensors of blocks, where it is not the same to each number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from harness.modeling.engine.tracing import products, reductions, views

if TYPE_CHECKING:
    from collections.abc import Callable

aten = torch.ops.aten

SHAPED: dict[Any, Callable[..., Any]] = {
    **dict.fromkeys((aten.view.default, aten._unsafe_view.default, aten.unsqueeze.default), views.view),  # noqa: SLF001
    **dict.fromkeys((aten.squeeze.dim, aten.squeeze.dims, aten.squeeze.default), views.view),
    aten.permute.default: views.permute,
    aten.transpose.int: views.transpose,
    aten.t.default: views.transpose,
    aten.expand.default: views.expand,
    aten.sum.dim_IntList: reductions.reduction(torch.sum),
    aten.mean.dim: reductions.reduction(torch.mean),
    aten.amax.default: reductions.reduction(torch.amax),
    aten._softmax.default: reductions.softmax(torch.softmax, logarithm=False),  # noqa: SLF001
    aten._log_softmax.default: reductions.softmax(torch.log_softmax, logarithm=True),  # noqa: SLF001
    aten.cumsum.default: reductions.cumsum,
    aten.native_layer_norm.default: reductions.layer_norm,
    aten.mm.default: products.mm,
    aten.addmm.default: products.addmm,
    aten.bmm.default: products.bmm,
    aten.cat.default: views.cat,
    aten.stack.default: views.stack,
    aten.slice.Tensor: views.slice_,
    aten.select.int: views.select,
    aten.index_select.default: views.index_select,
    aten.index.Tensor: views.index,
    aten.flip.default: views.flip,
    **dict.fromkeys((aten.split.Tensor, aten.split_with_sizes.default), views.split),
    **dict.fromkeys((aten.unsafe_split.Tensor, aten.unsafe_split_with_sizes.default), views.split),
    aten.unbind.int: views.unbind,
}
"""How an operator of torch makes blocks of its arguments, which follow the shape of its result."""
