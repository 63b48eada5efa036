"""Runs that are recorded and played back: with a stand-in for CUDA graphs, and with them where there is a GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from kernels import results, shaken
from torch import Tensor, nn

from harness import Cell, Gate
from harness.modeling.engine.eager import capture
from harness.modeling.engine.eager.runner import Eager
from harness.modeling.engine.planning.plan import Plan
from harness.modeling.engine.planning.split import split
from harness.modeling.engine.running.kernel import Kernel
from harness.modeling.engine.tracing.trace import trace
from harness.modeling.recurrence import Recurrence, loop

if TYPE_CHECKING:
    from collections.abc import Callable


class Gated(Cell):
    """With two states, a bias that is added up in the loop, and a maximum."""

    states = ("h", "c")

    def __init__(self, input_size: int = 3, hidden_size: int = 4) -> None:
        super().__init__(input_size, hidden_size)
        self.gate = Gate(input_size, hidden_size, 2 * hidden_size)
        self.scale = nn.Parameter(torch.ones(hidden_size))

    def step(self, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        f, n = self.gate(x, h).chunk(2, dim=1)
        c = torch.sigmoid(f) * c + self.scale * torch.tanh(n)
        return torch.maximum(c, torch.full_like(c, -0.5)) * 0.5, c


class Tape:
    """Records by doing the same again, and counts."""

    def __init__(self) -> None:
        self.recorded = self.played = 0

    def __call__(self, run: Callable[[], None], device: torch.device) -> Callable[[], None]:
        assert device.type == "cpu"
        self.recorded += 1
        run()  # as a GPU warms up

        def play() -> None:
            self.played += 1
            run()

        return play


def recorded_by(cell: Cell, record: Callable[[Callable[[], None], torch.device], Callable[[], None]]) -> Kernel:
    plan = Plan(split(trace(cell)), again=False)
    return Kernel(plan, Eager(plan, record), next(cell.parameters()))


def assert_as_the_loop(cell: Cell, made: Kernel, time: int = 4, batch: int = 3) -> None:
    own, right = (results(cell, run, time, batch) for run in (made, loop))
    for name, value in right.items():
        torch.testing.assert_close(own[name], value, msg=lambda message, name=name: f"{name}: {message}")


def test_what_comes_again_is_recorded_and_played_with_new_numbers() -> None:
    cell, tape = shaken(Gated()), Tape()
    made = recorded_by(cell, tape)
    counts = []
    for _ in range(4):
        assert_as_the_loop(cell, made)
        counts.append((tape.recorded, tape.played))
        shaken(cell)  # other parameters
    assert counts == [(0, 0), (3, 3), (3, 6), (3, 9)]  # forward, backward and inference


def test_each_shape_has_a_record_and_the_oldest_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture, "MOST", 6)
    cell, tape = shaken(Gated()), Tape()
    made = recorded_by(cell, tape)
    for batch in (1, 2, 1, 2, 3, 3, 2, 1):
        assert_as_the_loop(cell, made, batch=batch)
    assert tape.recorded == 9  # of the batch of one, the record was dropped, and it came once since
    assert len(made.runner._recorder) <= 6


def test_pieces_of_a_sequence_are_not_recorded() -> None:
    cell, tape = shaken(Gated()), Tape()
    made = recorded_by(cell, tape)
    made.piece = 2
    for _ in range(3):
        assert_as_the_loop(cell, made)
    assert tape.recorded == 0


def refuses(run: Callable[[], None], device: torch.device) -> Callable[[], None]:
    raise RuntimeError(f"operation not permitted on {device} after {run}")


def gives_nothing(*_: object) -> Callable[[], None]:
    return lambda: None


@pytest.mark.parametrize(("record", "said"), [(refuses, "not permitted on cpu"), (gives_nothing, "something else")])
def test_what_cannot_be_recorded_or_was_recorded_wrongly_runs_as_it_is(
    record: Callable[[Callable[[], None], torch.device], Callable[[], None]], said: str
) -> None:
    cell = shaken(Gated())
    made = recorded_by(cell, record)
    assert_as_the_loop(cell, made)
    with pytest.warns(UserWarning, match=said):
        assert_as_the_loop(cell, made)
    assert_as_the_loop(cell, made)  # and is not tried again, which would warn


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_on_a_gpu_training_gives_what_the_loop_gives() -> None:
    cell = Gated(16, 32).cuda()
    made, plain = Recurrence(cell, "torch"), Recurrence(cell, "loop")
    for seed in range(4):
        torch.manual_seed(seed)
        x = torch.randn(20, 8, 16, device="cuda", requires_grad=True)
        found = []
        for layer in (made, plain):
            outputs, final = layer(x, layer.initial(8))
            total = outputs.square().sum() + final[1].sum()
            found.append([outputs, *torch.autograd.grad(total, [x, *cell.parameters()])])
        torch.testing.assert_close(*found, rtol=1e-4, atol=1e-4)
    choice = made.choice()
    assert choice.engine == "torch"
    assert choice.kernel is not None
    assert len(choice.kernel.runner._recorder) == 2  # forward and backward
