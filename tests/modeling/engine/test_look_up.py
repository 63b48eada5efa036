"""Inputs that are unit vectors: rows of the input weights are looked up, and nothing else changes."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from kernels import ENGINES, kernel, shaken
from torch import Tensor, nn

from harness import Cell
from harness.modeling.onehot import indices_of, one_hot
from harness.modeling.recurrence import loop
from harness.registry import current

SIZE = 7


def run(cell: Cell, how: Any, symbols: Tensor) -> list[Tensor]:
    """Outputs and the gradients of all parameters."""
    x = one_hot(symbols, SIZE, next(cell.parameters()).dtype)
    outputs, _ = how(cell, x, cell.initial(symbols.shape[1]))
    weights = torch.linspace(-1, 1, outputs.numel(), dtype=outputs.dtype).view_as(outputs)
    return [outputs.detach(), *torch.autograd.grad((outputs * weights).sum(), list(cell.parameters()))]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ["elman", "gru", "lstm", "simple-gru"])
@pytest.mark.parametrize("batch", [5, 40])
def test_a_look_up_is_the_product(engine: str, name: str, batch: int) -> None:
    cell = shaken(current().cells().find(f"cell-harness/{name}").load()(SIZE, 8))
    symbols = torch.randint(SIZE, (90, batch), generator=torch.Generator().manual_seed(0))
    for own, right in zip(run(cell, kernel(cell, engine), symbols), run(cell, loop, symbols), strict=True):
        torch.testing.assert_close(own, right, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("engine", ENGINES)
def test_symbols_may_lie_in_memory_as_they_like(engine: str) -> None:
    """As a task hands them over that keeps its sequences in rows: transposed, sliced, repeated."""
    cell = shaken(current().cells().find("cell-harness/elman").load()(SIZE, 8))
    symbols = torch.randint(SIZE, (10, 12), generator=torch.Generator().manual_seed(0))
    for given in (symbols.T, symbols[::2, 1::3], symbols[:, :1].expand(-1, 5)):
        for own, right in zip(run(cell, kernel(cell, engine), given), run(cell, loop, given), strict=True):
            torch.testing.assert_close(own, right, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_rows_of_the_weights_are_read(engine: str) -> None:
    cell = current().cells().find("cell-harness/elman").load()(SIZE, 8)
    symbols, known = torch.randint(SIZE, (4, 3)), kernel(cell, engine)
    x = torch.full((4, 3, SIZE), torch.nan)
    x.hot = symbols, x._version  # type: ignore[attr-defined]
    right, _ = loop(cell, one_hot(symbols, SIZE, torch.float32), cell.initial(3))
    torch.testing.assert_close(known(cell, x, cell.initial(3))[0], right)


@pytest.mark.parametrize("engine", ENGINES)
def test_in_single_precision_long_sums_lose_no_more_than_the_loops(engine: str) -> None:
    double = shaken(current().cells().find("cell-harness/gru").load()(SIZE, 8))
    single = copy.deepcopy(double).float()
    double.load_state_dict({key: value.double() for key, value in single.state_dict().items()})
    symbols = torch.randint(SIZE, (2000, 3), generator=torch.Generator().manual_seed(0))
    truth, plain, own = (
        run(cell, how, symbols) for cell, how in ((double, loop), (single, loop), (single, kernel(single, engine)))
    )
    for right, usual, found in zip(truth, plain, own, strict=True):
        off, rounding = ((values.double() - right).norm().item() for values in (found, usual))
        assert off <= 2 * rounding + 1e-7 * right.norm().item()


def test_what_was_changed_or_made_of_unit_vectors_is_none() -> None:
    symbols = torch.tensor([[0, 2], [1, 1]])
    x = one_hot(symbols, 3, torch.float32)
    known = indices_of(x)
    assert known is not None
    assert known.tolist() == symbols.tolist()
    assert indices_of(x.flip(0)) is None
    assert indices_of(x[:1]) is None
    symbols[0, 0] = 1  # the caller's own, who may use it again
    assert known.tolist() == [[0, 2], [1, 1]]
    x[0, 0] = 0
    assert indices_of(x) is None


def test_they_are_known_while_a_model_is_scored() -> None:
    with torch.inference_mode():
        x = one_hot(torch.tensor([[0, 2]]), 3, torch.float64)
        assert x.tolist() == [[[1, 0, 0], [0, 0, 1]]]
        assert indices_of(x) is not None
        x.zero_()
        assert indices_of(x) is None


class Written(Cell):
    """Whose output is the row that its input names."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.of_input = nn.Linear(input_size, hidden_size, bias=False)

    def step(self, x: Tensor, h: Tensor) -> Tensor:
        """Nothing of the state but its size."""
        return self.of_input(x) + 0 * h


@pytest.mark.parametrize("engine", ENGINES)
def test_in_the_gradient_of_a_row_that_is_read_often_nothing_is_lost(engine: str) -> None:
    cell, time = Written(2, 1), 100_000
    x = one_hot(torch.zeros(time, 1, dtype=torch.long), 2, torch.float32)
    outputs, _ = kernel(cell, engine)(cell, x, cell.initial(1))
    (0.1 * outputs).sum().backward()
    assert cell.of_input.weight.grad is not None
    assert cell.of_input.weight.grad[0].tolist() == [pytest.approx(0.1 * time, rel=2e-5), 0]  # one by one: 9998.6
