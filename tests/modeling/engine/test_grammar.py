"""Random steps: the engine gives what the loop gives, outputs and all gradients, and takes nearly all of them."""

from __future__ import annotations

import os
import time
from collections import Counter

import pytest
from grammar import Drawn, Written, steps
from hypothesis import HealthCheck, Phase, given, seed, settings
from kernels import ENGINES, assert_same, kernel, results

from harness.modeling.engine.refused import RefusedError
from harness.modeling.recurrence import loop

SHAPES = [(1, 1, None, ""), (2, 3, None, "final"), (6, 3, 2, ""), (6, 1, None, "outputs"), (6, 33, None, "")]
"""Time, batch - of the last, products are joint -, steps in a piece of time, and of what gradients are taken."""
SLOW_SECONDS = float(os.environ.get("HARNESS_GRAMMAR_SECONDS", "3600"))
SLOW_SEED = int(os.environ.get("HARNESS_GRAMMAR_SEED", time.time_ns() % 10**9))
QUIET = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))


def outcome(written: Written, engines: tuple[str, ...]) -> str:
    """What became of a step: it was the same, or why it was not taken; a difference is an error."""
    cell = Drawn(written)
    right = results(cell, loop, 6, 5)
    if not all(value.isfinite().all() and value.abs().max() < 1e6 for value in right.values()):
        return "grows without bound"
    for engine in engines:
        try:
            made = kernel(cell, engine)
        except RefusedError as error:
            return str(error)
        for steps_, batch, made.piece, seen in SHAPES:
            assert_same(cell, made, steps_, batch, seen)
    return "the same"


def outcomes(examples: int, engines: tuple[str, ...], number: int) -> Counter[str]:
    """What became of so many steps."""
    found: Counter[str] = Counter()

    @seed(number)
    @settings(QUIET, max_examples=examples, phases=(Phase.generate, Phase.shrink))
    @given(steps())
    def check(written: Written) -> None:
        found[outcome(written, engines)] += 1

    check()
    return found


@pytest.mark.parametrize(("engines", "examples"), [(("torch",), 120), (("native",), 120)])
def test_random_steps(engines: tuple[str, ...], examples: int) -> None:
    found = outcomes(examples, engines, number=1)
    assert found["the same"] > 0.9 * found.total(), found


@pytest.mark.slow
def test_random_steps_for_an_hour(capsys: pytest.CaptureFixture[str]) -> None:
    """Other steps each time: HARNESS_GRAMMAR_SEED, which a failure shows, draws the same again."""
    start, number, found = time.monotonic(), SLOW_SEED, Counter[str]()
    while time.monotonic() < start + SLOW_SECONDS:
        try:
            found += outcomes(50, ENGINES, number)
        except BaseException as error:
            error.add_note(f"HARNESS_GRAMMAR_SEED={number}, after {found.total()} steps")
            raise
        number += 1
    with capsys.disabled():
        spent = f"{found.total()} steps in {time.monotonic() - start:.0f} s, from seed {SLOW_SEED} on"
        print(f"\n{spent}: {dict(found)}")  # noqa: T201 - so that one knows how much was tried
    assert found["the same"] > 0.9 * found.total(), found


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "written",
    [
        Written(1, [1, 2], {"p": (2, 2)}, ["a = torch.cat([x, s0], 1)", "b = a @ c.p"], ["s0 + 1", "a * b"]),
        Written(3, [3], {"p": (1, 3)}, ["a = s0.sum(1).unsqueeze(1)"], ["0.5 * s0 + torch.tanh(a @ c.p)"]),
        Written(1, [1, 2], {}, ["a = torch.cat([s0, s1], 1)"], ["torch.tanh(s0 + a.sum(1, keepdim=True))", "s1 * 0.3"]),
        Written(2, [2], {"p": (2,)}, ["a = torch.cat([x, c.p.expand(len(x), -1)], 1)", "b = a.detach() + 0.5 * a"],
                ["torch.tanh(s0 * b[:, 2:])"]),
        Written(2, [2], {}, [], ["torch.zeros_like(s0)"]),
        Written(3, [2], {"p": (2, 1), "q": (3, 2)}, ["a = x.roll(1, 1)", "b = torch.sigmoid(s0 @ c.p)"],
                ["0.5 * s0 + torch.tanh((b * torch.tanh(a) + (1 - b) * a) @ c.q)"]),
        Written(3, [2], {"p": (3, 2)}, ["a = 1.5 * functional.pad(x, (1, -1))[:, :1].expand(-1, 3)"],
                ["torch.tanh(s0 + a.cos() @ c.p + a.sin().sum(1, keepdim=True))"]),
        Written(3, [2], {"p": (3,), "q": (3, 2)}, ["a = torch.cat([s0, c.p.expand(len(x), -1)], 1)[:, 2:]"],
                ["torch.tanh((a.flip(1) - a.cumsum(1) + a.amax(1, keepdim=True)) @ c.q + s0) * a[:, [0, 2]]"]),
        Written(2, [2], {"p": (2, 2)}, ["a = torch.ones_like(x)"], ["torch.where(a >= 0, x, a) @ c.p + s0.tanh()"]),
    ],
    ids=[
        "read side by side, before it was written",
        "the gradient of one number a row, added to the first column only",
        "the sum of values side by side",
        "a detached parameter",
        "a constant state",
        "columns of the input in another order",
        "numbers that are the same for all",
        "columns that turn out to be parameters",
        "a condition that is known",
    ],
)  # fmt: skip
def test_what_random_steps_have_shown(engine: str, written: Written) -> None:
    """Wrong gradients, most of them silent, that random steps have found."""
    assert outcome(written, (engine,)) == "the same"
