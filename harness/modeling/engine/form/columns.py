"""Operators of the intermediate form that look across columns, each in torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor


def _cumsum(back: bool, _: int, a: Tensor) -> Tensor:  # noqa: FBT001
    return a.flip(-1).cumsum(-1).flip(-1) if back else a.cumsum(-1)


def _repeat(_: None, width: int, a: Tensor) -> Tensor:
    return torch.repeat_interleave(a, width // a.shape[-1], -1)


def _tile(_: None, width: int, a: Tensor) -> Tensor:
    return torch.tile(a, (width // a.shape[-1],))


def _put(_: None, width: int, a: Tensor, which: Tensor) -> Tensor:
    return torch.index_add(a.new_zeros(*a.shape[:-1], width), -1, which.long(), a)


def _as_matrix(a: Tensor, outer: int, inner: int) -> Tensor:
    return a.reshape(*a.shape[:-1], outer, inner)


COLUMNS: dict[str, Callable[..., Any]] = {
    "sum": lambda _, __, a: a.sum(-1, keepdim=True),
    "amax": lambda _, __, a: a.amax(-1, keepdim=True),
    "cumsum": _cumsum,
    "take": lambda _, __, a, which: torch.index_select(a, -1, which.long()),
    "put": _put,
    "repeat": _repeat,
    "tile": _tile,
    "sum_inner": lambda _, width, a: _as_matrix(a, width, -1).sum(-1),
    "amax_inner": lambda _, width, a: _as_matrix(a, width, -1).amax(-1),
    "sum_outer": lambda _, width, a: _as_matrix(a, -1, width).sum(-2),
}
"""From what else a node has, its width, and its arguments (…, columns)."""
ADDING = frozenset({"sum", "sum_inner", "sum_outer"})
"""Of equal numbers they make as many times one."""
