"""What a step makes of its parameters alone: done once for all time steps, in torch, which finds its gradient."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from torch import Tensor, nn


@dataclass(frozen=True)
class Made:
    """Stands for a value of the program among the arguments of an operation."""

    number: int


@dataclass(frozen=True, eq=False)
class Operation:
    """How one value is made: a function of earlier ones."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    options: dict[str, Any]


@dataclass(frozen=True)
class Held:
    """A parameter or a buffer of the cell, by its name in it; or a tensor that the step has from elsewhere."""

    name: str
    tensor: Tensor | None = None


class Parameters:
    """A program whose values depend on no input and no state: parameters, transposes, joined or normalised weights."""

    def __init__(self) -> None:
        self._made: list[Operation | Held] = []
        self._fixed: set[int] = set()
        self._known: dict[str, int] = {}
        self._values: dict[int, Any] = {}
        self._orders: dict[tuple[int, ...], list[int]] = {}

    def hold(self, held: Held) -> int:
        """The number of a value that is there."""
        self._made.append(held)
        return len(self._made) - 1

    def make(self, function: Callable[..., Any], *args: Any, **options: Any) -> int:  # noqa: ANN401
        """The number of a value that the function makes of others, which stand among its arguments as `Made`."""
        number = self._known.setdefault(f"{function} {args} {options}", len(self._made))
        if number < len(self._made):
            return number
        self._made.append(Operation(function, args, options))
        if all(made.number in self._fixed for made in _made_in((args, options))):
            self._fixed.add(number)
        return number

    def fixed(self, number: int) -> bool:
        """Whether a value depends on nothing at all, such as zeros."""
        return number in self._fixed

    def evaluate(self, cell: nn.Module, wanted: Iterable[int]) -> list[Tensor]:
        """The values that are wanted, as they are now; gradients flow through them to the parameters."""
        wanted = tuple(wanted)
        if wanted not in self._orders:
            self._orders[wanted] = sorted(self._needed(wanted))
        values = dict(self._values)
        for number in self._orders[wanted]:
            if number not in values:
                values[number] = self._evaluate(self._made[number], cell, values)
                if number in self._fixed and not torch.is_inference_mode_enabled():  # else no gradient may pass it
                    self._values[number] = values[number]
        return [values[number] for number in wanted]

    def _evaluate(self, made: Operation | Held, cell: nn.Module, values: dict[int, Any]) -> Any:  # noqa: ANN401
        if isinstance(made, Operation):
            return made.function(*_filled(made.args, values), **_filled(made.options, values))
        return look_up(cell, made.name) if made.tensor is None else made.tensor

    def describe(self, wanted: Iterable[int], batch: int = 0) -> list[str]:
        """How the values that are wanted are made: equal for programs that do the same, be it for other batch sizes."""
        needed = sorted(self._needed(wanted))
        order = {number: place for place, number in enumerate(needed)}
        return [self._line(self._made[number], order, batch) for number in needed]

    def _line(self, made: Operation | Held, order: dict[int, int], batch: int) -> str:
        if isinstance(made, Held):
            return made.name
        sized = [
            ["batch" if size == batch else size for size in arg] if isinstance(arg, list) else arg for arg in made.args
        ]
        return f"{made.function} {_filled((sized, made.options), order)}"

    def _needed(self, wanted: Iterable[int]) -> set[int]:
        needed: set[int] = set()
        open_ = list(wanted)
        while open_:
            number = open_.pop()
            if number not in needed:
                needed.add(number)
                made = self._made[number]
                if isinstance(made, Operation):
                    open_ += [part.number for part in _made_in((made.args, made.options))]
        return needed


def look_up(cell: nn.Module, name: str) -> Any:  # noqa: ANN401
    """The attribute of a dotted name."""
    return reduce(getattr, name.split("."), cell)


def _made_in(value: Any) -> list[Made]:  # noqa: ANN401
    if isinstance(value, Made):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [made for part in value for made in _made_in(part)] if isinstance(value, list | tuple) else []


def _filled(value: Any, values: dict[int, Any]) -> Any:  # noqa: ANN401
    if isinstance(value, Made):
        return values[value.number]
    if isinstance(value, dict):
        return {name: _filled(part, values) for name, part in value.items()}
    return type(value)(_filled(part, values) for part in value) if isinstance(value, list | tuple) else value
