"""Unit vectors that know which they are, so that a product by them can be a look-up of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from torch import Tensor


def one_hot(indices: Tensor, size: int, dtype: torch.dtype) -> Tensor:
    """Unit vectors (..., size) for integers below `size`, which `indices_of` finds again."""
    with torch.inference_mode(mode=False):  # the versions of inference tensors are not counted
        # a copy, which nobody else changes, in the order in which kernels read it
        indices = indices.clone(memory_format=torch.contiguous_format)
        encoded = functional.one_hot(indices, size).to(dtype)
        encoded.hot = indices, encoded._version  # type: ignore[attr-defined]  # noqa: SLF001
        return encoded


def indices_of(x: Tensor) -> Tensor | None:
    """Which unit vectors x holds, if it is as `one_hot` made it: anything made of it, or changed in place, is not."""
    indices, version = getattr(x, "hot", (None, None))
    return indices if indices is not None and x._version == version else None  # noqa: SLF001
