"""Checks of how a cell runs over time and over a batch."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import torch

from harness.modeling.recurrence import Recurrence
from harness.modeling.stack import Stack
from harness.testing.subject import Subject, inputs, rounds, run
from harness.testing.verdict import DoesNotApplyError, UnmetError

if TYPE_CHECKING:
    from torch import Tensor

    from harness.modeling.layer import Layer

TIME, BATCH = 9, 3
LENGTHS = (5, 1, 3)
GARBAGE = 1e3
DOUBLE, SINGLE = 1e-9, 1e-5
"""What may be rounding in each precision, relative to the largest number: sums in another order differ by less."""


def engine_equals_loop(subject: Subject) -> str:
    """What is compiled gives the outputs and the gradients of the plain loop."""
    loop = subject.double()
    if not isinstance(loop, Recurrence):
        raise DoesNotApplyError("a layer runs itself")
    engine = Recurrence(loop.cell, "auto")
    choice = engine.choice()
    if "what was compiled differs" in choice.reason or "engine failed on it" in choice.reason:
        raise UnmetError(choice.reason)
    if choice.engine == "loop":
        return str(choice)
    for name, (ours, plain) in _paired(engine, loop).items():
        _close(loop, f"{name} of the engine", ours, plain)
    return str(choice)


def _paired(one: Layer, other: Layer) -> dict[str, tuple[Tensor, Tensor]]:
    """Outputs and gradients of two layers that share their weights."""
    results = []
    for layer in (one, other):
        x = inputs(40, 7).requires_grad_()
        outputs, _ = run(layer, x)
        named = [(name, p) for name, p in layer.named_parameters() if p.requires_grad]
        found = torch.autograd.grad(outputs.square().sum(), [x, *(p for _, p in named)], materialize_grads=True)
        names = ("the gradient of x", *(f"the gradient of {name}" for name, _ in named))
        results.append({"the output": outputs.detach(), **dict(zip(names, found, strict=True))})
    return {name: (value, results[1][name]) for name, value in results[0].items()}


def chunks_equal_whole(subject: Subject) -> str:
    """A sequence in pieces, with the states carried from one to the next, is the sequence."""
    layer = _streaming(subject)
    x = inputs(TIME, BATCH)
    whole, last = run(layer, x)
    states, pieces = layer.initial(BATCH), []
    for begin, end in pairwise((0, 1, 5, TIME)):
        outputs, states = run(layer, x[begin:end], states)
        pieces.append(outputs)
    _close(layer, "the output", torch.cat(pieces), whole)
    for number, (carried, at_once) in enumerate(zip(states, last, strict=True)):
        _close(layer, f"state {number}", carried, at_once)
    return ""


def masked_equals_unpadded(subject: Subject) -> str:
    """Sequences padded to one length give what each gives alone, whatever stands behind their ends."""
    layer = subject.double()
    stack = Stack([layer])
    lengths = torch.tensor(LENGTHS)
    x = inputs(TIME, BATCH)
    x[torch.arange(TIME)[:, None] >= lengths] = GARBAGE
    together, _ = stack(x, None, lengths)
    ends = stack.states_at_ends(x, lengths)[0] if layer.streams else ()
    for row, length in enumerate(LENGTHS):
        alone, final = run(layer, x[:length, [row]])
        _close(layer, "the output", together[:length, [row]], alone)
        for number, state in enumerate(ends):
            _close(layer, f"state {number} at a sequence's end", state[[row]], final[number])
    return ""


def rows_independent(subject: Subject) -> str:
    """A sequence gives the same whatever else is in its batch."""
    layer = subject.double()
    x = inputs(TIME, BATCH)
    outputs, _ = run(layer, x)
    changed = x.clone()
    changed[:, 1] += 1
    _close(
        layer, "the output of a row where another was changed", run(layer, changed)[0][:, [0, 2]], outputs[:, [0, 2]]
    )
    _close(layer, "the output of a row alone", run(layer, x[:, [2]])[0], outputs[:, [2]])
    return ""


def causal(subject: Subject) -> str:
    """No output depends on a later input; the one at the same time does."""
    layer = subject.double()
    x = inputs(TIME, BATCH)
    outputs, _ = run(layer, x)
    for moment in (1, TIME // 2, TIME - 1):
        changed = x.clone()
        changed[moment:] += 1
        before = run(layer, changed)[0][:moment]
        _close(layer, f"the output before step {moment}, which was changed,", before, outputs[:moment])
    if torch.equal(run(layer, x + 1)[0], outputs):
        raise UnmetError("no output depends on any input")
    return ""


def _streaming(subject: Subject) -> Layer:
    layer = subject.double()
    if not layer.streams:
        raise DoesNotApplyError("it says that it reads whole sequences only (streams = False)")
    return layer


def _close(layer: Layer, what: str, found: Tensor, wanted: Tensor) -> None:
    if found.shape != wanted.shape:
        raise UnmetError(f"{what} has the shape {tuple(found.shape)}, not {tuple(wanted.shape)}")
    off = (found - wanted).abs().max().item() if found.numel() else 0.0
    allowed = DOUBLE * max(1.0, wanted.abs().max().item() if wanted.numel() else 0.0)
    if not off <= allowed and not (off <= allowed * SINGLE / DOUBLE and rounds(layer)):
        raise UnmetError(f"{what} differs by {off:.1e}")
