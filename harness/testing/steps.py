"""Checks of what a cell gives: shapes and types, gradients, and whether it gives the same again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import load, save

from harness.testing.subject import Subject, inputs, rounds, run
from harness.testing.verdict import UnmetError

if TYPE_CHECKING:
    from torch import Tensor

    from harness.modeling.layer import Layer

DOUBLE, SINGLE = (1e-6, 1e-5), (1e-2, 1e-2)
"""Of a numerical derivative: how far to step, and how far it may be off, relative; in each precision."""


def shapes_and_dtypes(subject: Subject) -> str:
    """One output a step, states as they began, all of them single precision and finite."""
    layer = subject.layer()
    for time, batch in ((1, 1), (5, 3)):
        x = inputs(time, batch, torch.float32)
        before = layer.initial(batch)
        outputs, after = run(layer, x)
        _same("its outputs have the shape", tuple(outputs.shape), (time, batch, layer.output_size))
        _same("its states have the shapes", [tuple(s.shape) for s in after], [tuple(s.shape) for s in before])
        for tensor in (outputs, *before, *after):
            _same("it gives the dtype", tensor.dtype, torch.float32)
            if not bool(tensor.isfinite().all()):
                raise UnmetError("it gives numbers that are not finite")
    return ""


def gradients(subject: Subject) -> str:
    """Gradients are the derivatives: of each weight, of x and of the states, in random directions."""
    layer = subject.double()
    x = inputs(4, 3).requires_grad_()
    states = tuple((s + 0.1 * torch.randn_like(s)).detach().requires_grad_() for s in layer.initial(3))
    sources = {"x": x} | {f"state {number}": s for number, s in enumerate(states)}
    sources |= {name: p for name, p in layer.named_parameters() if p.requires_grad}

    def total() -> Tensor:
        outputs, final = run(layer, x, states)
        return torch.stack([(part * (part + 1).cos()).sum() for part in (outputs, *final)]).sum()

    epsilon, rounding = SINGLE if rounds(layer) else DOUBLE
    found = torch.autograd.grad(total(), list(sources.values()), materialize_grads=True)
    for (name, tensor), gradient in zip(sources.items(), found, strict=True):
        direction = torch.randn_like(tensor)
        direction /= direction.norm().clamp_min(1e-12)
        expected = _slope(total, tensor, direction, epsilon)
        got = (gradient * direction).sum().item()
        if not abs(expected - got) <= rounding * max(1.0, abs(expected), gradient.norm().item()):
            raise UnmetError(f"along {name} the gradient says {got:.4g}, the values {expected:.4g}")
    return "in single precision, in which it computes in any case" if rounding > DOUBLE[1] else ""


def _slope(total: Any, tensor: Tensor, direction: Tensor, epsilon: float) -> float:  # noqa: ANN401 - a function of no arguments
    values = []
    with torch.no_grad():
        kept = tensor.clone()
        for sign in (1, -1):
            tensor.copy_(kept + sign * epsilon * direction)
            values.append(total().item())
        tensor.copy_(kept)
    return float((values[0] - values[1]) / (2 * epsilon))


def deterministic(subject: Subject) -> str:
    """The same seed gives the same weights, and the same weights and inputs the same outputs and gradients."""
    first, second = subject.layer(), subject.layer()
    for (name, one), other in zip(first.named_parameters(), second.parameters(), strict=True):
        if not torch.equal(one, other):
            raise UnmetError(f"{name} starts otherwise each time, for one seed")
    x = inputs(6, 3, torch.float32)
    results = [_results(layer, x, seed=0) for layer in (first, first, second)]
    for again in results[1:]:
        for name, value in results[0].items():
            if not torch.equal(value, again[name]):
                raise UnmetError(f"{name} differs when the same is computed again")
    evaluated = [run(first, x)[0] for _ in range(2)]
    if not torch.equal(*evaluated):
        raise UnmetError("evaluating the same input again gives something else: it draws, or keeps, what is no state")
    return ""


def _results(layer: Layer, x: Tensor, seed: int) -> dict[str, Tensor]:
    """Outputs and gradients in training, with the random numbers of a seed."""
    layer.train()
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        outputs, _ = run(layer, x)
    parameters = {name: p for name, p in layer.named_parameters() if p.requires_grad}
    sources = list(parameters.values())  # none where all are fixed
    found = torch.autograd.grad(outputs.sum(), sources, materialize_grads=True) if sources else ()
    layer.eval()
    named = {f"the gradient of {name}": g for name, g in zip(parameters, found, strict=True)}
    return {"its output": outputs.detach(), **named}


def state_dict(subject: Subject) -> str:
    """A cell that is given the saved weights of another computes the same."""
    first, second = subject.double(seed=0), subject.double(seed=1)
    second.load_state_dict(load(save({k: v.detach().clone().contiguous() for k, v in first.state_dict().items()})))
    x = inputs(6, 3)
    if not torch.equal(run(first, x)[0], run(second, x)[0]):
        raise UnmetError("with the weights of another it computes something else than that one")
    return ""


def moves(subject: Subject) -> str:
    """It follows its weights to double precision and to another device."""
    single, double = subject.layer(), subject.layer().double()
    x = inputs(6, 3)
    outputs, states = run(double, x)
    for tensor in (outputs, *states):
        _same("in double precision it gives", tensor.dtype, torch.float64)
    off = (run(single, x.float())[0].double() - outputs).abs().max().item()
    if not off <= 1e-3 * max(1.0, outputs.abs().max().item()):
        raise UnmetError(f"its outputs differ by {off:.1e} between single and double precision")
    return _moves_to("cuda" if torch.cuda.is_available() else "meta", subject)


def _moves_to(device: str, subject: Subject) -> str:
    layer = subject.layer().to(device)
    try:
        outputs, states = run(layer, inputs(3, 2, torch.float32).to(device))
    except (NotImplementedError, RuntimeError) as error:
        if device == "cuda" or "device" in str(error).replace("meta device", ""):
            raise
        return "no other device to try"  # it looks at values, which are not there on a device without memory
    for tensor in (outputs, *states):
        _same(f"on the device {device} it gives tensors on", tensor.device.type, device)
    return "" if device == "cuda" else "to a device without memory: there is no GPU"


def _same(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise UnmetError(f"{what} {_plain(found)}, not {_plain(wanted)}")


def _plain(value: object) -> str:
    return str(value).removeprefix("torch.")
