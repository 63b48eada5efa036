"""The check that a cell learns: which of two symbols came one step before.

Nothing longer, since a Jordan network has to pass what it remembers through its output.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from harness.modeling.assembly import Architecture, build
from harness.modeling.encoding import Classes, Real
from harness.testing.verdict import UnmetError

if TYPE_CHECKING:
    from harness.testing.subject import Subject

STEPS, BATCH, TIME, HIDDEN = 200, 32, 2, 16
RATES = (0.02, 0.005)
ENOUGH = 0.35
"""Half of ln 2, the loss of guessing."""


def learns(subject: Subject) -> str:
    """In 200 steps of Adam, at one of two rates, the loss falls to half of that of guessing."""
    reached = []
    for rate in RATES:
        first, last, unreached = _train(subject, rate)
        if last <= ENOUGH:
            return f"loss {first:.2f} → {last:.2f}"
        reached.append((last, first, unreached))
    last, first, unreached = min(reached)
    why = f": no gradient reaches {', '.join(unreached)}" if unreached else ""
    raise UnmetError(f"loss {first:.2f} → {last:.2f} in {STEPS} steps{why}")


def _train(subject: Subject, rate: float) -> tuple[float, float, list[str]]:
    """The loss before and after, and the weights that no gradient reached."""
    shape = Architecture(Real(2), Classes(2), "many to one")
    model = build(subject.cell, subject.options, shape, HIDDEN, seed=0)
    optimiser = torch.optim.Adam(model.parameters(), lr=rate)
    generator = torch.Generator().manual_seed(0)
    reached: set[str] = set()
    losses = []
    with torch.random.fork_rng(devices=[]):
        for _ in range(STEPS):
            targets = torch.randint(2, (BATCH,), generator=generator)
            symbols = torch.randint(2, (TIME, BATCH), generator=generator)
            symbols[0] = targets
            x = functional.one_hot(symbols, 2).float()
            loss = functional.cross_entropy(model(SimpleNamespace(inputs=x, lengths=None))[0], targets)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            reached |= {name for name, p in model.named_parameters() if p.grad is not None and bool(p.grad.any())}
            losses.append(loss.item())
    unreached = [name for name, _ in model.named_parameters() if name not in reached]
    return losses[0], sum(losses[-10:]) / 10, unreached
