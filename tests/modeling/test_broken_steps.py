"""A step that breaks the contract of a cell is told in one sentence when a model is built, whatever it is built for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor

from harness import Cell, Classes, Gate, HarnessError, OneHot, Real
from harness.modeling.assembly import Architecture, build
from harness.modeling.encoding import Generated

if TYPE_CHECKING:
    from collections.abc import Callable

WRITTEN = Generated(size=5, width=3, longest=6)
TOPOLOGIES = [
    Architecture(Real(2), Classes(3), "many to one"),
    Architecture(Real(2), Classes(3), "many to many", layers=2),
    Architecture(Real(2), Classes(3), "CTC", bidirectional=True),
    Architecture(OneHot(4), WRITTEN, "encoder-decoder"),
    Architecture(Real(7), WRITTEN, "one to many"),
    Architecture(Real(2), Classes(3), "many to one", engine="loop"),
    Architecture(Real(2), Classes(3), "many to one", engine="torch"),
]
BROKEN: list[tuple[tuple[str, ...], Callable[..., object], str]] = [
    (("h",), lambda h: (h, h), "returned 2 states, and must return 1: h."),
    (("h", "c"), lambda h, _c: h, "returned 1 state, and must return 2: h, c."),
    (
        ("h", "c"),
        lambda h, c: (h, c[:, :3]),
        'returned shape (3, 3) for the state "c" and a batch of 3; it must be (batch, 4).',
    ),
    (("h",), lambda h: h.double(), 'returned float64 numbers for the state "h"; they must be float32.'),
    (("h", "c"), lambda h, _c: (h, 3), 'returned an int for the state "c"; it must be a tensor.'),
    (("h", "c"), lambda h, c: [h, c], "returned a list; it must return the 2 new states as a tuple: h, c."),
    (("h",), lambda _h: None, "returned nothing (None); it must return the new state h, a tensor."),
    (("h",), lambda h: h.add_(1), "changes its inputs in place: it must make new tensors."),
]
IDS = ["more", "fewer", "shape", "type", "number", "list", "nothing", "in place"]


def cell(names: tuple[str, ...], given: Callable[..., object]) -> type[Cell]:
    class Broken(Cell):
        """Its step does not return what it should."""

        states = names

        def __init__(self, input_size: int, hidden_size: int) -> None:
            super().__init__(input_size, hidden_size)
            self.gate = Gate(input_size, hidden_size)

        def step(self, x: Tensor, *states: Tensor) -> Any:
            return given(*states) if names != ("h",) or states[0].any() else torch.tanh(self.gate(x, states[0]))

    return Broken


@pytest.mark.parametrize("architecture", TOPOLOGIES, ids=lambda a: f"{a.topology} {a.engine}")
@pytest.mark.parametrize(("states", "step", "message"), BROKEN, ids=IDS)
def test_it_is_told(architecture: Architecture, states: tuple[str, ...], step: Any, message: str) -> None:
    with pytest.raises(HarnessError) as told:
        build(cell(states, step), {}, architecture, 4, seed=0)
    assert str(told.value).endswith(f"Broken.step {message}")


def test_a_step_that_fails_is_left_to_the_run_and_leaves_nothing_behind() -> None:
    class Counts(cell(("h",), lambda _h: 1 / 0)):  # type: ignore[misc]
        """Counts its steps until it fails."""

        steps = 0

        def step(self, x: Tensor, *states: Tensor) -> Any:
            self.steps += 1
            return super().step(x, *states)

    before = torch.random.get_rng_state()
    model = build(Counts, {}, TOPOLOGIES[0], 4, seed=0)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert next(part for part in model.modules() if isinstance(part, Counts)).steps == 0
