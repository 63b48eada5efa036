"""Every operator where it is special: at zero, at its bounds, at infinity, at NaN, forward and backward."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from grammar import ALONE, TWO, compiled
from kernels import ENGINES, kernel
from torch import Tensor, nn

from harness import Cell, States
from harness.modeling.recurrence import loop

if TYPE_CHECKING:
    from collections.abc import Callable

NAN, INF = float("nan"), float("inf")
SPECIAL = [0.0, -0.0, NAN, INF, -INF, 1.0, -1.0, 3.0, -3.0, 6.0, 0.5, -0.5, 1e-300, 19.0, -21.0, 800.0]
"""As many as a vector register of the processor may take: torch differs from itself in what is left over."""
BARE = [
    *(f"torch.{name}({{a}})" for name in ("exp", "expm1", "log", "log1p", "sqrt", "rsqrt", "reciprocal")),
    *(f"{{a}} ** {number}" for number in (0, 0.5, 1, 1.5, 2, 3, -1, -2)),
    *(f"torch.{name}({{a}})" for name in ("atan", "floor", "ceil", "trunc", "round", "frac")),
    *(f"torch.{name}({{a}})" for name in ("tan", "exp2", "log2")),
    "torch.fmod({a}, 0.7)",
    "torch.remainder({a}, -0.7)",
    "0.5 ** {a}",
    "functional.threshold({a}, 0.5, 0.2)",
    "functional.hardsigmoid({a})",
    "torch.clamp({a}, -1, 1)",
    "functional.hardshrink({a})",
    "functional.softshrink({a}, 1.0)",
    "torch.atanh({a})",
    "torch.lerp({a}, {a} * 2, 0.7)",
    "torch.where(({a} < 0) | ({a} > 1), {a}, 0)",
]
PAIRS = [
    "torch.fmod({a}, {b})",
    "torch.logaddexp({a}, {b})",
    "{a} / {b}",
    "{a} ** {b}",
    "torch.lerp({b}, {a}, {b})",
    "torch.where({a} != {b}, {a}, {b})",
    "torch.clamp({a}, min={b})",
    "torch.clamp({a}, max={b})",
    "torch.clamp({a}, {b} - 1, {b})",
]


class Operators(Cell):
    """Each state is an operator of itself, or of its pair."""

    def __init__(self, ones: list[str], twos: list[str], width: int) -> None:
        super().__init__(1, width)
        self.weight = nn.Parameter(torch.ones(1, dtype=torch.float64))
        self.width, self.count = width, len(ones) + 2 * len(twos)
        names = [f"s{number}" for number in range(self.count)]
        pairs = list(zip(names[len(ones) :: 2], names[len(ones) + 1 :: 2], strict=True))
        made = [text.format(a=name) for text, name in zip(ones, names, strict=False)]
        made += [part for text, (a, b) in zip(twos, pairs, strict=True) for part in (text.format(a=a, b=b), b)]
        self.given: Callable[..., Any] = compiled(f"def step(c, x, {', '.join(names)}):\n    return {', '.join(made)},")

    def initial(self, batch: int) -> States:
        return tuple(self.weight.new_zeros(batch, self.width) for _ in range(self.count))

    def step(self, x: Tensor, *states: Tensor) -> object:
        return self.given(self, x, *states)


def gradients(cell: Cell, run: Any, given: list[Tensor], passed: float) -> tuple[list[Tensor], list[Tensor]]:
    """The new states, and the gradients with respect to the states of a sum of them."""
    states = tuple(tensor.clone().requires_grad_() for tensor in given)
    x = torch.zeros(1, len(given[0]), 1, dtype=torch.float64)
    final = run(cell, x, states)[1]
    ends = [state for state in final if state.requires_grad]
    weights = [torch.full_like(state, passed) for state in ends]
    return list(final), list(torch.autograd.grad(ends, states, weights, materialize_grads=True))


def assert_alike(texts: list[str], cell: Cell, engine: str, given: list[Tensor]) -> None:
    made = kernel(cell, engine)
    for passed in (1.0, -0.3):
        found = (gradients(cell, run, given, passed) for run in (made, loop))
        for name, own, right in zip(("value", "gradient"), *found, strict=True):
            for text, at, a, b in zip(texts, given, own, right, strict=True):
                off = ~torch.isclose(a, b, rtol=1e-10, atol=1e-12, equal_nan=True)
                assert not off.any(), f"{name} of {text} at {at[off]}: {a[off]}, not {b[off]}"


@pytest.mark.parametrize("engine", ENGINES)
def test_of_one_value(engine: str) -> None:
    texts = ALONE + BARE
    given = [torch.tensor([SPECIAL], dtype=torch.float64)] * len(texts)
    assert_alike(texts, Operators(texts, [], len(SPECIAL)), engine, given)


@pytest.mark.parametrize("engine", ENGINES)
def test_of_two_values(engine: str) -> None:
    texts = TWO + PAIRS
    a, b = torch.cartesian_prod(*[torch.tensor(SPECIAL, dtype=torch.float64)] * 2).T
    given = [value[None] for _ in texts for value in (a, b)]
    assert_alike([text for text in texts for _ in "ab"], Operators([], texts, len(a)), engine, given)
