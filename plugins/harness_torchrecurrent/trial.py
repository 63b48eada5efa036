"""Tries every class of torchrecurrent and prints, as JSON, why each does not fit; empty for those that do."""

from __future__ import annotations

import json
import sys
import warnings

import torch

from harness import Cell, Layer
from harness_torchrecurrent import adapters

INPUT, HIDDEN, TIME, BATCH = 5, 7, 4, 3


def misfit(name: str) -> str:
    """Why a class cannot be used; empty if it can."""
    try:
        adapter = getattr(adapters, name)
    except AttributeError as error:
        return str(error)
    try:
        run(adapter(INPUT, HIDDEN))
    except Exception as error:  # noqa: BLE001 - whatever somebody else's code does is the reason
        return " ".join(str(error).split()) or type(error).__name__
    return ""


def run(module: Cell | Layer) -> None:
    """Some steps, and their gradients.

    Raises:
        ValueError: it gives something else than an output a step, or no gradient.
    """
    x = torch.randn(TIME, BATCH, INPUT, requires_grad=True)
    states = module.initial(BATCH)
    if isinstance(module, Cell):
        outputs = []
        for x_t in x:
            states = adapters.flat(module.step(x_t, *states))
            outputs.append(states[0])
        output = torch.stack(outputs)
    else:
        output = module(x, states)[0]
    if output.shape != (TIME, BATCH, module.output_size):
        raise ValueError(f"its outputs have the shape {tuple(output.shape)}")
    output.sum().backward()  # type: ignore[no-untyped-call]
    if x.grad is None or not bool(x.grad[0].any()):
        raise ValueError("no gradient reaches its first input")


if __name__ == "__main__":
    from harness_torchrecurrent.discovery import exported

    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    sys.stdout.write(json.dumps({found.class_name: misfit(found.class_name) for found in exported()}))
