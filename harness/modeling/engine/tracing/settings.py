"""What a step may depend on besides numbers: what is traced is frozen in it."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn
from torch.nn.modules.module import _has_any_global_hook
from torch.nn.parameter import is_lazy

from harness.modeling.engine.refused import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.modeling.cell import Cell

PLAIN = (bool, int, float, complex, str, bytes, type(None))
DEEPEST = 4
"""Of what lies within what."""
OF_EVERY_MODULE = frozenset(vars(nn.Module())) - {"training"}
HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


def as_it_stands(cell: Cell) -> tuple[Any, ...]:
    """The settings of a cell: attributes, and the shapes and types of parameters and buffers."""
    found: list[Any] = []
    for module in cell.modules():
        values = vars(module)
        found += [(name, _frozen(value)) for name, value in values.items() if name not in OF_EVERY_MODULE]
        for tensor in (*values["_parameters"].values(), *values["_buffers"].values()):
            has_shape = tensor is not None and not is_lazy(tensor)
            found.append((tensor.shape, tensor.dtype, tensor.device) if has_shape else None)
        found += [len(values[hooks]) for hooks in HOOKS]
    return (hooks_on_all(), *found)


def hooks_on_all() -> bool:
    """Whether there are hooks on every module."""
    return bool(_has_any_global_hook())  # type: ignore[no-untyped-call]


def unchanged(cell: Cell, run: Callable[[Cell], Any]) -> Any:  # noqa: ANN401
    """What a function returns that runs a step, if that leaves the cell as it is; attributes are put back.

    Raises:
        RefusedError: the step changes an attribute of the cell.
    """
    before = [(held, copy.copy(held)) for module in cell.modules() for held in _held(module)]
    settings = as_it_stands(cell)
    try:
        result = run(cell)
        changed = [name for now, was in before if isinstance(now, dict) for name in _changed(now, was)]
        same = settings == as_it_stands(cell)
    finally:
        for now, was in before:
            _restore(now, was)
    if changed or not same:
        raise RefusedError(f"its step changes the cell{f' ({changed[0]})' if changed else ''}")
    return result


def _held(module: nn.Module) -> list[Any]:
    """Where a module holds things: its attributes, and dictionaries and lists among these."""
    values = vars(module)
    return [values, *(value for value in values.values() if type(value) in {dict, list})]


def _changed(now: dict[str, Any], was: dict[str, Any]) -> list[str]:
    return [name for name in now if name not in was or now[name] is not was[name]]


def _restore(now: Any, was: Any) -> None:  # noqa: ANN401
    """Put back what differs, and only that: another thread may be using the rest."""
    if isinstance(now, list):
        if [id(value) for value in now] != [id(value) for value in was]:
            now[:] = was
        return
    for name in [name for name in now if name not in was]:
        del now[name]
    for name, value in was.items():
        if name not in now or now[name] is not value:
            now[name] = value


def _frozen(value: Any, depth: int = 0) -> Any:  # noqa: ANN401, PLR0911 - a line for each kind
    """What is equal for equal values, and can be looked up by."""
    if isinstance(value, PLAIN):
        return type(value), repr(value)
    if isinstance(value, Tensor | nn.Module) or callable(value) or depth == DEEPEST:
        return id(value)
    if isinstance(value, list | tuple):
        return type(value), *(_frozen(part, depth + 1) for part in value)
    if isinstance(value, dict):
        return dict, *((_frozen(key, depth + 1), _frozen(part, depth + 1)) for key, part in value.items())
    if isinstance(value, set | frozenset):
        return set, frozenset(_frozen(part, depth + 1) for part in value)
    if hasattr(value, "tobytes"):  # an array, or a number of numpy's
        return type(value), value.tobytes()
    return (type(value), id(value), *_frozen(vars(value), depth + 1)) if hasattr(value, "__dict__") else id(value)
