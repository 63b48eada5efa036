"""The bundled cells in single precision, and with numbers that are none: the engine does as the loop does."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from kernels import ENGINES, kernel, results, shaken
from torch import nn

from harness import Cell, Classes, Real
from harness.modeling.assembly import Architecture, build
from harness.modeling.recurrence import Recurrence, loop
from harness.registry import current

CELLS: list[tuple[str, dict[str, object]]] = [
    ("elman", {}),
    ("jordan", {}),
    ("gru", {"reset": "before"}),
    ("gru", {"reset": "after"}),
    ("simple-gru", {}),
    ("lstm", {}),
    ("lstm", {"peephole": True}),
    ("lstm", {"coupled": True}),
    ("window", {}),
]
IDS = ["-".join([name, *map(str, options.values())]) for name, options in CELLS]
NAN, INF = float("nan"), float("inf")


def bundled(name: str, options: dict[str, object], size: int) -> Cell:
    """A bundled cell, as it stands in a model."""
    cell = current().cells().find(f"cell-harness/{name}").load()
    model = build(cell, options, Architecture(Real(8), Classes(5), "many to many"), size, seed=0)
    return next(part.cell for part in model.modules() if isinstance(part, Recurrence))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("name", "options"), CELLS, ids=IDS)
def test_single_precision_is_no_further_from_the_truth_than_twice_the_loops(
    engine: str, name: str, options: dict[str, object]
) -> None:
    double = shaken(bundled(name, options, 32))
    single = copy.deepcopy(double).float()
    double.load_state_dict({key: value.double() for key, value in single.state_dict().items()})
    truth = results(double, loop, 120, 8)
    own, plain = (results(single, run, 120, 8) for run in (kernel(single, engine), loop))
    for key, right in truth.items():
        off, usual = ((found[key].double() - right).norm().item() for found in (own, plain))
        assert off <= 2 * usual + 1e-7 * right.norm().item(), key


class Reading(Cell):
    """Reads from memories of so many places each, by shares that a factor sharpens."""

    def __init__(self, input_size: int, hidden_size: int, memories: int, places: int) -> None:
        super().__init__(input_size, hidden_size)
        self.memories, self.places = memories, places
        self.memory = nn.Parameter(torch.randn(memories * places, hidden_size))
        self.of_input = nn.Linear(input_size, hidden_size)
        self.factor = nn.Parameter(torch.tensor(0.5))

    def step(self, x: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
        """The input, and what lies where the state points to."""
        scores = self.factor * (h @ self.memory.T)
        shares = torch.softmax(scores.view(-1, self.memories, self.places), dim=-1).flatten(1)
        return torch.tanh(self.of_input(x) + shares @ self.memory / self.memories)


@pytest.mark.parametrize(("memories", "places"), [(1, 7), (2, 7), (17, 20)])
def test_shares_add_up_to_one_in_the_backward_pass_too(memories: int, places: int) -> None:
    """If it computed them anew, rounded otherwise, the gradient of the factor were 40 times less exact."""
    off, usual = [], []
    for number in range(3):
        torch.manual_seed(number)
        double = shaken(Reading(64, 128, memories, places))
        single = copy.deepcopy(double).float()
        double.load_state_dict({key: value.double() for key, value in single.state_dict().items()})
        truth, *found = (results(c, r, 5, 5)["d factor"] for c, r in
                         ((double, loop), (single, kernel(single)), (single, loop)))  # fmt: skip
        for to, value in zip((off, usual), found, strict=True):
            to.append((value.double() - truth).item())
    assert np.linalg.norm(off) <= 4 * np.linalg.norm(usual)


class Biased(Cell):
    """Whose two biases have the gradient of the output at each step."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.of_input = nn.Linear(input_size, hidden_size)
        self.of_state = nn.Parameter(torch.zeros(hidden_size))

    def step(self, x: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
        """Nothing of the state but its size."""
        return self.of_input(x) + (0 * h + self.of_state)


def test_in_sums_over_many_steps_nothing_is_lost() -> None:
    cell, time = Biased(1, 1), 100_000
    outputs, _ = kernel(cell)(cell, torch.zeros(time, 1, 1), cell.initial(1))
    (0.1 * outputs).sum().backward()
    for bias in (cell.of_input.bias, cell.of_state):
        assert bias.grad is not None
        assert bias.grad.item() == pytest.approx(0.1 * time, rel=1e-6)  # added up one by one: 9998.6


def with_number(cell: Cell, run: Any, where: str, at: int, number: float) -> dict[str, torch.Tensor]:
    """Outputs and gradients of a run in which one number of x, of a state or of a parameter is replaced."""
    cell = copy.deepcopy(cell)
    generator = torch.Generator().manual_seed(4)
    sources: dict[str, torch.Tensor] = {"x": torch.randn(5, 4, 8, generator=generator, dtype=torch.float64)}
    count = len(cell.initial(4))
    for number_, state in enumerate(cell.initial(4)):
        sources[f"state {number_}"] = torch.randn(state.shape, generator=generator, dtype=torch.float64)
    sources |= dict(cell.named_parameters())
    keys = [key for key in sources if where in key or (where == "parameter" and key in dict(cell.named_parameters()))]
    chosen = sources[keys[at % len(keys)]]
    chosen.data.view(-1)[at % chosen.numel()] = number
    given_ = [tensor.requires_grad_() for tensor in sources.values()]
    outputs, final = run(cell, given_[0], tuple(given_[1 : 1 + count]))
    total = torch.stack([part.sum() for part in (outputs, *final)]).sum()
    found = dict(zip(sources, torch.autograd.grad(total, given_, materialize_grads=True), strict=True))
    return {"outputs": outputs, **{f"d {key}": value for key, value in found.items()}}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("name", "options"), CELLS, ids=IDS)
def test_nan_and_infinity_come_through(engine: str, name: str, options: dict[str, object]) -> None:
    cell = shaken(bundled(name, options, 6))
    made = kernel(cell, engine)

    @settings(max_examples=8, derandomize=True)
    @given(st.sampled_from(["x", "state", "parameter"]), st.integers(0, 500), st.sampled_from([NAN, INF, -INF]))
    def check(where: str, at: int, number: float) -> None:
        own, right = (with_number(cell, run, where, at, number) for run in (made, loop))
        for key, value in right.items():
            torch.testing.assert_close(
                own[key], value, rtol=1e-9, atol=1e-11, equal_nan=True, msg=lambda m, key=key: f"{key}: {m}"
            )

    check()


class Squashed(Cell):
    """Whose outputs are functions of its state alone, at as many values as it has."""

    def __init__(self, function: Any, values: torch.Tensor) -> None:
        super().__init__(1, len(values))
        self.function, self.values = function, values
        self.unused = nn.Parameter(torch.zeros(1))

    def step(self, x: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
        """The function of the state."""
        return self.function(h) + 0 * x


def gate(values: torch.Tensor) -> torch.Tensor:
    """A sigmoid by a tanh, which is one function in the engine."""
    return torch.sigmoid(-values) * torch.tanh(values)


@pytest.mark.parametrize(("function", "units_off"), [(torch.sigmoid, 2.5), (torch.tanh, 2.5), (gate, 4)])
@torch.no_grad()
def test_in_single_precision_functions_of_our_own_are_right_everywhere(function: Any, units_off: float) -> None:
    """To so many units in the last place, or twice as far as torch's are; also at infinity, NaN and almost zero."""
    ends = [INF, -INF, NAN, -NAN, 0.0, -0.0, 1e30, -1e30, 87.9, -87.9, 88.1, -88.1, 88.8, -88.8, 90.0, 1e-40, -1e-40]
    small, large = torch.logspace(-30, 1.9, 2001), torch.linspace(-20, 20, 4001)
    values = torch.cat([torch.tensor(ends), small, -small, large])
    values = values.repeat(2)[: len(values) // 16 * 16 + 21]  # some in whole vectors, some in what is left over
    cell = Squashed(function, values)
    x, states = torch.zeros(2, 1, 1), (values[None],)
    own, plain = (run(cell, x, states)[0][0, 0] for run in (kernel(cell), loop))
    right = function(values.double())
    size = right.float().abs().clamp(min=torch.finfo(torch.float32).tiny)
    units = (size.nextafter(torch.tensor(INF)) - size).double()
    assert torch.equal(own.isnan(), right.isnan())
    off, usual = (((found.double() - right).abs() / units).nan_to_num() for found in (own, plain))
    assert (off <= torch.clamp(2 * usual, min=units_off)).all(), values[off.argmax()]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("special", [[], [NAN], [-NAN], [INF], [-INF], [-NAN, INF], [-0.0, 0.0], [1e-40]])
@pytest.mark.parametrize("others", [[-1.5] * 5, [-INF] * 5, [-2.5] * 36, [3.5, -4.5] * 20, []])
def test_the_largest_of_a_row_is_torchs(others: list[float], special: list[float], dtype: torch.dtype) -> None:
    values = torch.tensor([*others, *special, *others[:3]] or [-7.5], dtype=dtype)
    cell = Squashed(lambda h: h.amax(1, keepdim=True).expand_as(h), values).to(dtype)
    x, states = torch.zeros(2, 1, 1, dtype=dtype), (values[None],)
    own, plain = (run(cell, x, states)[0] for run in (kernel(cell), loop))
    torch.testing.assert_close(own, plain, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("special", [1.5, NAN, INF, -INF])
@pytest.mark.parametrize("dim", [1, 2])
def test_the_largest_of_rows_and_columns_share_their_gradient(dim: int, special: float, engine: str) -> None:
    values = torch.arange(18 * 20.0).remainder(7).view(18, 20)  # many are the largest of their row, or column
    values[4, 5] = special
    cell = Squashed(
        lambda h: h.view(-1, 18, 20).amax(dim, keepdim=True).expand(-1, 18, 20).flatten(1), values.flatten()
    )

    def found(run: Any) -> list[torch.Tensor]:
        state = values.flatten()[None].requires_grad_()
        outputs, _ = run(cell, torch.zeros(2, 1, 1), (state,))
        return [outputs, *torch.autograd.grad(outputs[0].sum(), state)]

    for own, plain in zip(found(kernel(cell, engine)), found(loop), strict=True):
        torch.testing.assert_close(own, plain, rtol=1e-6, atol=0, equal_nan=True)


@pytest.mark.parametrize("special", [[], [NAN], [INF], [-INF], [INF, -INF]])
def test_running_sums_are_torchs_also_beyond_infinity(special: list[float]) -> None:
    values = torch.tensor([0.5, -1.5, 2.0, *special, 3.0, 0.25])
    cell = Squashed(lambda h: h.cumsum(1), values)
    seen = torch.tensor([1.0, 2.0, *special, 4.0, 8.0, 16.0])

    def found(run: Any) -> list[torch.Tensor]:
        state = values[None].requires_grad_()
        outputs, _ = run(cell, torch.zeros(2, 1, 1), (state,))
        return [outputs, *torch.autograd.grad(outputs[0], state, seen[None])]

    for own, plain in zip(found(kernel(cell)), found(loop), strict=True):
        torch.testing.assert_close(own, plain, rtol=1e-6, atol=0, equal_nan=True)
