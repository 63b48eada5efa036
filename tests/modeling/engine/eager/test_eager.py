"""Programs as torch's operations: how few they are, and that large products, which oneDNN does, are right."""

from __future__ import annotations

import copy
import math
import time
from collections import Counter
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
import torch
from kernels import kernel, results, shaken
from torch import Tensor, nn

from harness import Cell, Gate
from harness.modeling.engine.eager import factor
from harness.modeling.engine.eager.factor import Factor, product
from harness.modeling.engine.eager.runner import Eager
from harness.modeling.engine.planning.plan import Plan
from harness.modeling.engine.planning.split import split
from harness.modeling.engine.tracing.trace import trace
from harness.modeling.recurrence import loop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


KNOWN = bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]


class Separate(Cell):
    """An LSTM with a matrix a gate, as many write it."""

    states = ("h", "c")

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.i, self.f, self.g, self.o = (Gate(input_size, hidden_size) for _ in range(4))

    def step(self, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        c = torch.sigmoid(self.f(x, h)) * c + torch.sigmoid(self.i(x, h)) * torch.tanh(self.g(x, h))
        return torch.sigmoid(self.o(x, h)) * torch.tanh(c), c


class Simple(Cell):
    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.gate = Gate(input_size, hidden_size)

    def step(self, x: Tensor, h: Tensor) -> Tensor:
        return torch.tanh(self.gate(x, h))


class Leaky(Simple):
    def step(self, x: Tensor, h: Tensor) -> Tensor:
        return h - 0.3 * (h - super().step(x, h)) + (1 - h) * h * h


@pytest.fixture(autouse=True, params=[0, math.inf], ids=["oneDNN", "torch.mm"])
def clearly(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[float]:
    """How much faster oneDNN has to be, on which it depends who multiplies; both ways are right on all processors."""
    monkeypatch.setattr(factor, "CLEARLY", request.param)
    factor.has_one_dnn.cache_clear()
    yield request.param
    factor.has_one_dnn.cache_clear()


def operations(cell: Cell, program: str) -> Counter[str]:
    """What torch does at one time step."""
    made = Eager(Plan(split(trace(cell)), again=False))
    lines = made._scripts[program].source.split("\n")[2:]
    names = [line.split(" = ")[-1].split("(")[0].split(".")[-1].strip() for line in lines if "(" in line]
    return Counter(names)


def test_a_step_takes_few_operations() -> None:
    assert operations(Simple(2, 3), "forward") == {"plus": 1, "tanh": 1}
    assert operations(Simple(2, 3), "backward") == {"add": 1, "tanh_backward": 1, "times": 1, "keep": 1}
    assert operations(Separate(2, 3), "inference") == {
        "plus": 1,  # all four gates
        "sigmoid": 1,  # all three, which lie side by side
        "tanh": 2,
        "mul": 2,
        "addcmul": 1,
    }
    assert operations(Separate(2, 3), "backward").total() <= 18
    assert operations(Leaky(2, 3), "forward")["add"] <= 2  # others are part of addcmul and sub


@pytest.mark.parametrize("bias", [None, torch.arange(96.0)])
def test_large_products_are_right(bias: Tensor | None) -> None:
    generator = torch.Generator().manual_seed(0)
    a, b, matrix = (torch.randn(*shape, generator=generator) for shape in [(200, 1500), (20, 1500), (1500, 96)])
    for add in (False, True) if bias is None else (False,):
        outs = [torch.ones(len(value), 96) for value in (a, b)]
        product(list(zip((a, b), outs, strict=True)), matrix, add=add, bias=bias)
        for value, out in zip((a, b), outs, strict=True):
            right = value.double() @ matrix.double() + (1 if add else 0 if bias is None else bias)
            torch.testing.assert_close(out.double(), right, rtol=1e-5, atol=1e-4)


def test_a_matrix_that_was_packed_multiplies_as_it_did() -> None:
    generator = torch.Generator().manual_seed(0)
    a, base, matrix = (torch.randn(*shape, generator=generator) for shape in [(64, 128), (64, 256), (256, 128)])
    made, room = Factor(matrix.t(), 64), torch.empty(64, 256)
    torch.testing.assert_close(made.times(a, room), a @ matrix.t(), rtol=1e-5, atol=1e-4)
    torch.testing.assert_close(made.plus(base, a, room), base + a @ matrix.t(), rtol=1e-5, atol=1e-4)
    wide = torch.cat([base, base], 1)[:, 100:356]  # columns of something wider
    torch.testing.assert_close(made.plus(wide, a, room), wide + a @ matrix.t(), rtol=1e-5, atol=1e-4)


def test_who_turns_onednn_off_gets_torchs_own_products(monkeypatch: pytest.MonkeyPatch) -> None:
    a, matrix, out = torch.randn(64, 256), torch.randn(256, 128), torch.empty(64, 128)
    monkeypatch.setattr(torch.backends.mkldnn, "enabled", False)
    product([(a, out)], matrix)
    assert Factor(matrix, 64).packed is None
    torch.testing.assert_close(out, torch.mm(a, matrix), rtol=0, atol=0)


@pytest.mark.parametrize(("sizes", "time", "batch"), [((64, 128), 40, 48), ((8, 32), 120, 8)], ids=["wide", "long"])
def test_large_layers_are_no_further_from_the_truth_than_twice_the_loop(
    sizes: tuple[int, int], time: int, batch: int
) -> None:
    """Long ones neither, the gradients of whose parameters are sums over 960 rows."""
    torch.manual_seed(0)
    double = shaken(Separate(*sizes))
    single = copy.deepcopy(double).float()
    double.load_state_dict({key: value.double() for key, value in single.state_dict().items()})
    truth = results(double, loop, time, batch)
    own, plain = (results(single, run, time, batch) for run in (kernel(single, "torch"), loop))
    for key, right in truth.items():
        off, usual = ((found[key].double() - right).norm().item() for found in (own, plain))
        assert off <= 2 * usual + 1e-7 * right.norm().item(), key


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_nan_and_infinity_come_through_large_products(number: float) -> None:
    torch.manual_seed(0)
    cell = Separate(64, 128)
    x, made = torch.randn(6, 64, 64), kernel(cell, "torch")
    x[2, 5, 7] = number
    found = []
    for run in (made, loop):
        outputs, _ = run(cell, x, cell.initial(64))
        gradients = torch.autograd.grad(outputs.sum(), list(cell.parameters()))
        found.append([outputs, *gradients])
    for own, right in zip(*found, strict=True):
        torch.testing.assert_close(own, right, rtol=1e-3, atol=1e-4, equal_nan=True)


class Shared(Cell):
    """Whose second product is read whole by one value, and in columns by others."""

    def __init__(self, input_size: int = 2, hidden_size: int = 4) -> None:
        super().__init__(input_size, hidden_size)
        self.weight = nn.Parameter(torch.randn(hidden_size, hidden_size))

    def step(self, x: Tensor, h: Tensor) -> Tensor:
        a = h @ self.weight
        left, right = torch.sigmoid(a[:, :2]), torch.sigmoid(a[:, 2:])
        return torch.tanh(a * 0.5 + torch.cat([right, left], 1) * x.sum(1, keepdim=True)) - a[:, 1:2]


def test_columns_that_are_read_whole_and_in_parts() -> None:
    cell = shaken(Shared())
    own, right = (results(cell, run, 5, 3) for run in (kernel(cell, "torch"), loop))
    for name, value in right.items():
        torch.testing.assert_close(own[name], value, rtol=1e-10, atol=1e-12)


def right_but_packed(a: Tensor, matrix: Tensor, bias: Tensor | None, *_: object) -> Tensor:
    """What oneDNN's function would be that is wrong with packed matrices."""
    if matrix.layout != torch.strided or bias is None:
        return torch.zeros(64, 512)
    return torch.addmm(bias, a, matrix.t())


@pytest.mark.parametrize(
    "broken",
    [None, lambda *_: torch.zeros(64, 512), lambda *_: torch.zeros(4, 5), right_but_packed],
    ids=["not there", "wrong", "of another shape", "wrong where packed"],
)
def test_without_onednns_functions_torch_multiplies(monkeypatch: pytest.MonkeyPatch, broken: object) -> None:
    monkeypatch.setattr(factor, "_linear", broken and SimpleNamespace(default=broken))
    assert not factor.suits(64, torch.zeros(256, 128))


@pytest.mark.parametrize("slow", ["oneDNN", "torch.mm", None])
def test_who_is_faster_multiplies(monkeypatch: pytest.MonkeyPatch, clearly: float, slow: str | None) -> None:
    linear = factor._linear.default if KNOWN else None

    def slowly(function: Callable[..., Tensor], *args: object, **named: object) -> Tensor:
        time.sleep(0.02)
        return function(*args, **named)

    if slow == "oneDNN":
        monkeypatch.setattr(factor, "_linear", SimpleNamespace(default=partial(slowly, linear)))
    elif slow:
        monkeypatch.setattr(torch, "mm", partial(slowly, torch.mm))
    if slow:
        monkeypatch.setattr(factor, "CLEARLY", 1.3)
    asked = slow == "torch.mm" if slow else clearly == 0
    assert factor.suits(64, torch.zeros(256, 128)) == (KNOWN and asked)


def test_a_moment_of_noise_decides_nothing() -> None:
    late = iter([0.2])

    def run() -> Tensor:
        time.sleep(next(late, 0))
        return torch.zeros(1)

    assert factor._seconds(run) < 0.1
