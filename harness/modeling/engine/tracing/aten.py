"""What torch's operators mean in the intermediate form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from harness.modeling.engine.tracing.columns import COLUMNS
from harness.modeling.engine.tracing.multiply import PRODUCTS
from harness.modeling.engine.tracing.pointwise import POINTWISE

if TYPE_CHECKING:
    from collections.abc import Callable

aten = torch.ops.aten
FROM_NOTHING = frozenset(
    getattr(aten, name.format(kind)).default
    for kind in ("zeros", "ones", "full", "empty")
    for name in ("new_{}", "{}_like")
)
"""Operators that fill a tensor with one number, and ask others for its shape only."""
HANDLERS: dict[Any, Callable[..., Any]] = {**POINTWISE, **PRODUCTS, **COLUMNS}
"""How an operator of torch makes nodes of its arguments."""
