"""Timing in turn: what is kept of it, and what it finds."""

from __future__ import annotations

import gc
import time
from statistics import median

import pytest
import torch

from harness import Cell, Gate
from harness.training.timing.candidate import Candidate
from harness.training.timing.measure import measure
from harness.training.timing.shape import Shape
from harness.training.timing.subject import Subject

SMALL = Shape(2, 5, 3, 4, 3)
CPU = torch.device("cpu")


class Vanilla(Cell):
    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.gate = Gate(input_size, hidden_size)

    def step(self, x: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
        return torch.tanh(self.gate(x, h))


class Sleepy(Vanilla):
    def step(self, x: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
        time.sleep(0.02)
        return super().step(x, h)


def subject(cell: str | type[Cell], engine: str = "auto", shape: Shape = SMALL) -> Subject:
    candidate = Candidate.find(cell) if isinstance(cell, str) else Candidate(cell.__name__, "here", cell, {})
    return Subject(candidate, shape, engine, torch.float32, CPU)  # type: ignore[arg-type]


def test_all_phases_of_all_have_a_time_for_each_repeat() -> None:
    names = ["torch-gru", "gru", "jordan", "mingru"]
    threads = torch.get_num_threads()
    session = measure([subject(name) for name in names], 3, 1)
    assert [one.subject.candidate.label for one in session.measured] == names
    for one in session.measured:
        assert set(one.seconds) == {"training", "forward", "backward", "inference"}
        assert all(len(seconds) == 3 and min(seconds) > 0 for seconds in one.seconds.values())
        parts = zip(one.seconds["forward"], one.seconds["backward"], strict=True)
        assert one.seconds["training"] == pytest.approx([sum(pair) for pair in parts])
    assert len(session.peaks) == 3
    assert min(session.peaks) > 1e8
    assert gc.isenabled()
    assert torch.get_num_threads() == threads


def test_a_cell_that_waits_in_each_step_is_found_to_be_slow() -> None:
    quick, slow = measure([subject(kind, "loop") for kind in (Vanilla, Sleepy)], 3, 1).measured
    for phase in ("training", "forward", "inference"):
        assert median(slow.seconds[phase]) > 10 * median(quick.seconds[phase])
        assert min(slow.seconds[phase]) > SMALL.time * 0.02


def test_what_runs_a_cell_is_told_with_its_reason() -> None:
    assert subject("torch-gru").engine == "layer"
    assert subject(Vanilla, "loop").engine == "loop"
    once = subject(Vanilla, shape=Shape(2, 1, 3, 4))
    assert (once.engine, once.reason) == ("loop", "a single time step costs more to prepare than to do")


def test_a_layer_starts_the_same_each_time_and_draws_nothing_of_others() -> None:
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    one, two = (subject(Vanilla, "loop").layer.state_dict() for _ in range(2))
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert torch.equal(torch.rand(2), expected)


class Disturbed(Vanilla):
    calls = 0

    def step(self, x: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
        Disturbed.calls += 1
        if Disturbed.calls % 40 == 0:  # in every eighth pass
            time.sleep(0.05)
        return super().step(x, h)


def test_what_disturbs_some_passes_only_does_not_count_where_the_fastest_counts() -> None:
    usual, undisturbed = (
        measure([subject(Disturbed, "loop")], 3, 1, undisturbed=fastest).measured[0] for fastest in (False, True)
    )
    assert median(undisturbed.seconds["inference"]) < median(usual.seconds["inference"]) / 3
