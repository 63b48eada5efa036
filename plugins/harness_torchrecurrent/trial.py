"""Tries every class of torchrecurrent and prints, as JSON, why each does not fit, and what options it has."""

from __future__ import annotations

import inspect
import json
import sys
import warnings
from typing import Any

import torch
from torch import Tensor

from harness import Cell, Layer, States
from harness_torchrecurrent import adapters

INPUT, HIDDEN, TIME, BATCH = 5, 7, 12, 3


def told(name: str) -> dict[str, Any]:
    """Why a class cannot be used, empty if it can, and its options with their defaults."""
    try:
        adapter = getattr(adapters, name)
    except AttributeError as error:
        return {"misfit": str(error)}
    defaults = {p.name: p.default for p in inspect.signature(adapter).parameters.values() if p.default is not p.empty}
    options = {
        option: str(value).lower() if value is True or value is False else str(value)
        for option, value in defaults.items()
    }
    return {"misfit": misfit(adapter), "options": options}


def misfit(adapter: type[Any]) -> str:
    """Why an adapted class cannot be used; empty if it can."""
    try:
        run(adapter(INPUT, HIDDEN))
    except Exception as error:  # noqa: BLE001 - whatever somebody else's code does is the reason
        return " ".join(str(error).split()) or type(error).__name__
    return ""


def run(module: Cell | Layer) -> None:
    """Some steps, at once and in two parts, and their gradients.

    Raises:
        ValueError: it gives something else than an output a step, or no gradient, or keeps what is none of its states.
    """
    x = torch.randn(TIME, BATCH, INPUT, requires_grad=True)
    output, _ = read(module, x, module.initial(BATCH))
    if output.shape != (TIME, BATCH, module.output_size):
        raise ValueError(f"its outputs have the shape {tuple(output.shape)}")
    first, states = read(module, x[: TIME // 2], module.initial(BATCH))
    second, _ = read(module, x[TIME // 2 :], states)
    if not torch.allclose(torch.cat([first, second]), output, rtol=1e-4, atol=1e-5):
        raise ValueError("a sequence read in two parts gives something else: it keeps what is none of its states")
    output.sum().backward()  # type: ignore[no-untyped-call]
    if x.grad is None or not bool(x.grad[0].any()):
        raise ValueError("no gradient reaches its first input")


def read(module: Cell | Layer, x: Tensor, states: States) -> tuple[Tensor, States]:
    """The outputs for x (time, batch, INPUT), and the states after it."""
    if isinstance(module, Layer):
        return module(x, states)  # type: ignore[no-any-return]
    outputs = []
    for x_t in x:
        states = adapters.flat(module.step(x_t, *states))
        outputs.append(states[0])
    return torch.stack(outputs), states


if __name__ == "__main__":
    from harness_torchrecurrent.discovery import exported

    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    sys.stdout.write(json.dumps({found.class_name: told(found.class_name) for found in exported()}))
