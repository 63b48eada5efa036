"""The check of what was compiled: its outputs and all gradients against the plain loop's, before it is used."""

from __future__ import annotations

import copy
import math
from typing import TYPE_CHECKING, Any

import torch

from harness.modeling.engine.refused import RefusedError
from harness.modeling.engine.tracing.contract import names
from harness.modeling.onehot import one_hot

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from harness.modeling.cell import Cell, States
    from harness.modeling.engine.running.kernel import Kernel

    Run = Callable[[Cell, Tensor, States], tuple[Tensor, States]]

TRIALS = ((5, 3, False, 2), (5, 5, True, 3), (3, 1, False, None), (3, 33, False, None))
"""How many steps; the size of the batch - more than one, so that one that was frozen shows, a single row, of which
steps may do something else, and rows enough for joint products -; whether inputs are unit vectors; and how many steps a
piece of time has: all of them where None."""
ROUNDING = 256
"""How many times the precision of the numbers, of the largest of them, may be rounding."""
SPREAD = 16
"""How many times as far from the truth as the loop is may be rounding, too: where a step amplifies it, sums in another
order were seen eleven times as far off, while what is wrong is off by far more."""


def check(cell: Cell, kernel: Kernel, loop: Run) -> None:
    """Compare a kernel with the loop, on a copy of the cell whose parameters are all different from zero.

    Raises:
        RefusedError: they differ, or cannot be compared.
    """
    try:
        double = copy.deepcopy(cell).double()
    except Exception as error:  # noqa: BLE001 - whatever somebody's cell holds
        raise RefusedError(f"it cannot be copied to be checked: {error}") from None
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in double.parameters():
            noise = torch.rand(parameter.shape, generator=generator) - 0.5  # far faster than normal numbers
            terms = max(parameter.shape) if parameter.dim() > 1 else 1  # a wide matrix must not make the step chaotic
            parameter.add_(noise.to(parameter), alpha=min(0.4, 2 / math.sqrt(terms)))
    like = next(cell.parameters())
    same = copy.deepcopy(double).to(like.dtype)
    precision = torch.finfo(like.dtype).eps
    for steps, batch, hot, piece in TRIALS:
        given = _given(double, steps, batch, generator, hot=hot)
        truth = _results(double, given, loop)
        kernel.piece = piece
        found = _results(same, given, kernel), _inferred(same, given, kernel)
        kernel.piece = None
        for own in found:
            if not _near(own, truth, precision):
                _compare(own, _results(_rounded(same, generator), given, loop), truth, precision)


def _rounded(cell: Cell, generator: torch.Generator) -> Cell:
    """A cell whose loop is off by rounding; in double precision it would be the truth, so its parameters are moved."""
    moved = copy.deepcopy(cell)
    with torch.no_grad():
        for parameter in moved.parameters():
            if parameter.dtype == torch.float64:
                noise = torch.rand(parameter.shape, generator=generator, dtype=torch.float64) - 0.5
                parameter.mul_(1 + 2 * torch.finfo(torch.float64).eps * noise.to(parameter))
    return moved


def _given(cell: Cell, steps: int, batch: int, generator: torch.Generator, *, hot: bool) -> list[Tensor]:
    """Random inputs, initial states, and gradients with respect to outputs and final states.

    Inputs are real, or integers that stand for unit vectors.
    """
    states = cell.initial(batch)
    shapes = [
        (steps, batch, cell.input_size),
        *(s.shape for s in states),
        (steps, *states[0].shape),
        *(s.shape for s in states),
    ]
    device = next(cell.parameters()).device
    made = [torch.randn(shape, generator=generator, dtype=torch.float64).to(device) for shape in shapes]
    if hot:
        made[0] = torch.randint(cell.input_size, shapes[0][:2], generator=generator).to(device)
    return made


def _results(cell: Cell, given: list[Tensor], run: Run) -> dict[str, Tensor]:
    """Outputs, final states, and all gradients."""
    with torch.enable_grad(), torch.random.fork_rng(devices=[]):
        x, states = _entering(cell, given)
        x, *states = (tensor.requires_grad_() for tensor in (x, *states))
        values = _named(cell, *run(cell, x, tuple(states)))
        seen = [tensor.to(x) for tensor in given[1 + len(states) :]]
        sources = {"x": x} | {f"initial {name}": s for name, s in zip(names(cell, len(states)), states, strict=True)}
        sources |= {name: p for name, p in cell.named_parameters() if p.requires_grad}
        total = torch.stack([(made * weight).sum() for made, weight in zip(values.values(), seen, strict=True)]).sum()
        gradients: Any = torch.autograd.grad(total, list(sources.values()), materialize_grads=True)
    values |= {f"the gradient of {name}": g for name, g in zip(sources, gradients, strict=True)}
    return {name: value.detach().double() for name, value in values.items()}


def _inferred(cell: Cell, given: list[Tensor], run: Run) -> dict[str, Tensor]:
    """Outputs and final states where nobody asks for gradients, which is a program of its own."""
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        x, states = _entering(cell, given)
        return {name: value.double() for name, value in _named(cell, *run(cell, x, tuple(states))).items()}


def _entering(cell: Cell, given: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
    """Inputs and initial states, in the numbers of the cell."""
    like = next(cell.parameters())
    x = given[0].to(like) if given[0].is_floating_point() else one_hot(given[0], cell.input_size, like.dtype)
    return x, [state.to(like) for state in given[1 : len(given) // 2]]


def _named(cell: Cell, outputs: Tensor, final: States) -> dict[str, Tensor]:
    labels = names(cell, len(final))
    return {"outputs": outputs} | {f"final {name}": state for name, state in zip(labels, final, strict=True)}


def _near(own: dict[str, Tensor], truth: dict[str, Tensor], precision: float) -> bool:
    """Whether all is finite and so near to the truth that it is right however far the loop in this precision is off."""
    return all(_largest(value - truth[name]) <= ROUNDING * precision for name, value in own.items())


def _compare(own: dict[str, Tensor], plain: dict[str, Tensor], truth: dict[str, Tensor], precision: float) -> None:
    for name, value in own.items():
        right = truth[name]
        finite = right.isfinite() & plain[name].isfinite()
        off, usual = (_largest((found - right)[finite]) for found in (value, plain[name]))
        same = torch.equal(value[~finite].nan_to_num(), plain[name][~finite].nan_to_num())
        if not same or not off <= SPREAD * usual + ROUNDING * precision * max(1.0, _largest(right[finite])):
            raise RefusedError(
                f"what was compiled differs from its step: {name} by {off:.1e}, where rounding is {usual:.1e}"
            )


def _largest(values: Tensor) -> float:
    return values.abs().max().item() if values.numel() else 0.0
