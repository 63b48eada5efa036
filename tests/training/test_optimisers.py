"""Optimisers against updates worked out by hand."""

from __future__ import annotations

import pytest
import torch

from harness import HarnessError
from harness.registry import chosen
from harness.training.optimisers import OPTIMISERS


def ways(name: str, gradients: list[float], decay: float = 0.0) -> list[float]:
    """Where a parameter that starts at 1 gets to, at rate 0.1, under these gradients."""
    parameter = torch.nn.Parameter(torch.tensor(1.0, dtype=torch.float64))
    optimiser = chosen("optimiser", name, OPTIMISERS)([parameter], 0.1, decay)
    found = []
    for gradient in gradients:
        parameter.grad = torch.tensor(gradient, dtype=torch.float64)
        optimiser.step()
        found.append(parameter.item())
    return found


@pytest.mark.parametrize(
    ("name", "decay", "expected"),
    [
        ("sgd", 0.0, [0.95, 0.9]),
        ("sgd", 0.2, [0.93, 0.8614]),  # 0.5 + 0.2 · 1, then 0.5 + 0.2 · 0.93
        ("sgd:momentum=0.9", 0.2, [0.93, 0.7984]),  # 0.9 · 0.7 + 0.686
        ("sgd:momentum=0.9:nesterov=true", 0.0, [0.905, 0.7695]),  # v = 0.5, 0.95; the step is 0.5 + 0.9 v
        ("adam", 0.0, [0.9, 0.8]),  # moves by the rate under a constant gradient
        ("adamw", 0.2, [0.88, 0.7624]),  # first shrinks by 1 - 0.1 · 0.2
        ("rmsprop", 0.0, [0.0, -0.1 / 0.0199**0.5]),  # 0.5 / √(0.01 · 0.25), then over √(0.0199 · 0.25)
        ("rmsprop:alpha=0.75", 0.0, [0.8, 0.8 - 0.1 / 0.4375**0.5]),  # v = 0.25 · 0.25, then 0.4375 · 0.25
        ("rmsprop:alpha=0.75:momentum=0.5", 0.0, [0.8, 0.8 - 0.1 - 0.1 / 0.4375**0.5]),
        ("rmsprop:alpha=0.75:epsilon=0.25", 0.0, [0.9, 0.9 - 0.05 / (0.5 * 0.4375**0.5 + 0.25)]),
    ],
)
def test_two_steps_under_a_gradient_of_a_half(name: str, decay: float, expected: list[float]) -> None:
    assert ways(name, [0.5, 0.5], decay) == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_adams_memories_are_its_options() -> None:
    # m = 0.5, 1.75 and v = 1, 9, since beta2=0 forgets; without bias m is 1 and 1.75 / 0.75
    assert ways("adam:beta1=0.5:beta2=0", [1.0, 3.0]) == pytest.approx([0.9, 0.9 - 0.1 * 1.75 / 0.75 / 3])
    assert ways("adamw:beta1=0.5:beta2=0", [1.0, 3.0]) == pytest.approx([0.9, 0.9 - 0.1 * 1.75 / 0.75 / 3])
    # beta1=0: the step is g / √(v / (1 - beta2^t)), with v = 0.25, then 0.1875 + 2.25
    assert ways("adam:beta1=0:beta2=0.75", [1.0, 3.0]) == pytest.approx([0.9, 0.9 - 0.3 / (2.4375 / 0.4375) ** 0.5])


def test_adam_adds_the_decay_to_the_gradient_and_adamw_does_not() -> None:
    assert ways("adam", [-0.1], decay=0.2) == pytest.approx([0.9])  # -0.1 + 0.2 · 1 points down
    assert ways("adamw", [-0.1], decay=0.2) == pytest.approx([0.98 + 0.1])


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("adm", 'there is no optimiser "adm". Did you mean "adam"? Choose one of: adam, adamw, rmsprop, sgd.'),
        ("sgd:momentm=0.9", 'optimiser "sgd" has no option "momentm". Did you mean "momentum"? Its options: momentum'),
        ("sgd:momentum=1", 'optimiser "sgd": momentum=1 cannot be used: it should be less than 1.'),
        ("adam:beta1=-0.1", "it should be greater than or equal to 0."),
        ("rmsprop:epsilon=0", "it should be greater than 0."),
        ("sgd:nesterov=true", "nesterov=true needs a momentum: write sgd:momentum=0.9:nesterov=true."),
    ],
)
def test_what_cannot_be_is_told(name: str, told: str) -> None:
    with pytest.raises(HarnessError) as error:
        chosen("optimiser", name, OPTIMISERS)
    assert told in str(error.value)
