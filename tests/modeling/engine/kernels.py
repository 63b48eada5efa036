"""What tests of the engine share: a cell run by a kernel and by the plain loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from harness.modeling.engine.eager.runner import Eager
from harness.modeling.engine.native.runner import Native
from harness.modeling.engine.planning.plan import Plan
from harness.modeling.engine.planning.split import split
from harness.modeling.engine.running.kernel import Kernel
from harness.modeling.engine.tracing.trace import trace
from harness.modeling.recurrence import loop

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness import Cell

Results = dict[str, Tensor]
ENGINES = ("native", "torch")


def kernel(cell: Cell, engine: str = "native", piece: int | None = None) -> Kernel:
    """A kernel of a cell, which was not checked against the loop."""
    native = engine == "native"
    plan, like = Plan(split(trace(cell), inside=native), again=native), next(cell.parameters())
    made = Kernel(plan, Native(plan, like.dtype) if native else Eager(plan), like)
    made.piece = piece
    return made


def shaken(cell: Cell) -> Cell:
    """The cell in double precision, with no parameter at a special value."""
    generator = torch.Generator().manual_seed(1)
    cell.double()
    for parameter in cell.parameters():
        noise = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
        parameter.data += 0.1 * noise.to(parameter.dtype)
    return cell


def results(cell: Cell, run: Callable[..., Any], time: int, batch: int, seen: str = "", moved: float = 0) -> Results:
    """Outputs, final states and all gradients of a weighted sum of those whose name begins with what is seen.

    The first two also as they are where nothing is differentiated.

    The numbers that go in fit single precision, unless they are moved by a share of themselves.
    """
    generator = torch.Generator().manual_seed(2)
    dtype = next(cell.parameters()).dtype

    def random(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator).to(dtype) * (1 + moved)

    x = random(time, batch, cell.input_size).requires_grad_()
    states = [random(*state.shape).requires_grad_() for state in cell.initial(batch)]
    outputs, final = run(cell, x, tuple(states))
    made = {"outputs": outputs, **{f"final {number}": state for number, state in enumerate(final)}}
    sums = [(value * random(*value.shape)).sum() for name, value in made.items() if name.startswith(seen)]
    sources = {"x": x, **{f"initial {number}": s for number, s in enumerate(states)}, **dict(cell.named_parameters())}
    anyhow = torch.stack([value.sum() for value in sources.values()]).sum() * 0  # a step may depend on nothing
    gradients = torch.autograd.grad(torch.stack(sums).sum() + anyhow, list(sources.values()))
    with torch.no_grad():
        outputs, final = run(cell, x, tuple(states))
    made |= {"inference": outputs, **{f"inference final {number}": state for number, state in enumerate(final)}}
    return {**made, **{f"d {name}": value for name, value in zip(sources, gradients, strict=True)}}


def assert_same(cell: Cell, made: Kernel, time: int = 7, batch: int = 5, seen: str = "") -> None:
    """All that a kernel gives equals what the loop gives, to rounding."""
    own, right = (results(cell, run, time, batch, seen) for run in (made, loop))
    limits = {name: 1e-10 * max(value.abs().max().item(), 1e-3) for name, value in right.items()}
    if all((own[name] - value).abs().max() <= limits[name] for name, value in right.items()):
        return
    near = [results(cell, loop, time, batch, seen, moved) for moved in (-1e-15, 1e-15)]  # where values cancel
    for name, value in right.items():
        limit = max(limits[name], *(1e5 * (each[name] - value).abs().max().item() for each in near))
        torch.testing.assert_close(own[name], value, rtol=0, atol=limit, msg=lambda m, n=name: f"{n}: {m}")
