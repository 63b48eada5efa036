"""The check that a cell equals the implementation that it names as its reference."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from harness.modeling.cell import Cell
from harness.modeling.layer import Layer
from harness.modeling.recurrence import Recurrence
from harness.testing.subject import Subject, inputs
from harness.testing.verdict import DoesNotApplyError, UnmetError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.modeling.cell import States

ROUNDING = 1e-9


def equals_reference(subject: Subject) -> str:
    """With the weights of the reference, outputs, states and all gradients are those of the reference.

    The gradients are compared at the weights of the reference: ours flow there through `from_reference`.
    """
    layer = subject.double()
    ours: Any = layer.cell if isinstance(layer, Recurrence) else layer
    if not ours.reference:
        raise DoesNotApplyError("it names no reference")
    theirs = _reference(ours.reference, layer).double()
    weights = dict(theirs.named_parameters())
    _shake(weights)
    mapped = ours.from_reference(weights)
    _check_names(ours, mapped)
    results = []
    for of_reference in (True, False):
        x = inputs(7, 3).requires_grad_()
        states = tuple(_noise(s, seed).requires_grad_() for seed, s in enumerate(layer.initial(3)))
        if of_reference:
            outputs, final = _run(theirs, x, states)
        else:
            prefix = "cell." if isinstance(layer, Recurrence) else ""
            values = {prefix + name: value for name, value in mapped.items()}
            outputs, final = torch.func.functional_call(layer, values, (x, states))
        seen = [(part * _noise(part, seed)).sum() for seed, part in enumerate((outputs, *final))]
        sources = {"x": x, **{f"state {n}": s for n, s in enumerate(states)}, **weights}
        found = torch.autograd.grad(torch.stack(seen).sum(), list(sources.values()), materialize_grads=True)
        named = {f"the gradient of {name}": g for name, g in zip(sources, found, strict=True)}
        results.append({"the output": outputs, **{f"state {n}": s for n, s in enumerate(final)}, **named})
    for name, right in results[0].items():
        off = (results[1][name] - right).abs().max().item()
        if not off <= ROUNDING * max(1.0, right.abs().max().item()):
            raise UnmetError(f"{name} differs from that of {ours.reference} by {off:.1e}")
    return str(ours.reference)


def _reference(place: str, like: Layer) -> nn.Module:
    """The module that a dotted name stands for, as large as ours."""
    module, _, name = place.replace(":", ".").rpartition(".")
    try:
        cls = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise UnmetError(f'its reference "{place}" cannot be imported: {error}') from error
    kinds = (nn.RNNBase, nn.RNNCellBase, Cell, Layer)
    if not (isinstance(cls, type) and issubclass(cls, kinds)):
        raise UnmetError(f'its reference "{place}" is no recurrent module of torch.nn, and no harness.Cell or Layer')
    make: Any = cls
    built: nn.Module = make(like.input_size, like.hidden_size)
    return Recurrence(built, "loop") if isinstance(built, Cell) else built


def _run(module: nn.Module, x: Tensor, states: States) -> tuple[Tensor, States]:
    if isinstance(module, nn.RNNBase):
        before = tuple(state.unsqueeze(0) for state in states)
        outputs, after = module(x, before if len(before) > 1 else before[0])
        return outputs, tuple(state.squeeze(0) for state in (after if isinstance(after, tuple) else (after,)))
    if isinstance(module, nn.RNNCellBase):
        outputs = []
        for x_t in x:
            after = module(x_t, states if len(states) > 1 else states[0])
            states = after if isinstance(after, tuple) else (after,)
            outputs.append(states[0])
        return torch.stack(outputs), states
    return module(x, states)  # type: ignore[no-any-return]


def _check_names(ours: nn.Module, mapped: dict[str, Tensor]) -> None:
    own = {name: tuple(p.shape) for name, p in ours.named_parameters()}
    given = {name: tuple(value.shape) for name, value in mapped.items()}
    if own != given:
        wrong = sorted(name for name in own.keys() | given.keys() if own.get(name) != given.get(name))
        name = wrong[0]
        raise UnmetError(f"from_reference gives {name} as {given.get(name)}, where the cell has {own.get(name)}")


def _shake(weights: Mapping[str, Tensor]) -> None:
    with torch.no_grad():
        for seed, weight in enumerate(weights.values()):
            weight.add_(0.1 * _noise(weight, seed))


def _noise(like: Tensor, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(like.shape, generator=generator, dtype=torch.float64).to(like.dtype)
