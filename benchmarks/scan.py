"""The scan of the minimal layers beside the paper's scan of logarithms and a plain loop: time, and digits lost.

All three are one minGRU with one set of weights, forwards and backwards. Errors are those of single precision against
the loop in double precision: of states relative to each state, of gradients relative to the largest of their tensor.

Run it as: python benchmarks/scan.py results/benchmarks/scan.json
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import pad, softplus

from harness_scratch.mingru import MinGRU

if TYPE_CHECKING:
    from torch import Tensor

REPEATS = 5
BATCH, WIDTH = 32, 64
TIMES = (100, 1000, 5000)
GATE_BIASES = {"fresh": 0.0, "long memory": -5.0}  # z is about 1/2, and about 1/150


def scan(layer: MinGRU, x: Tensor, h: Tensor) -> Tensor:
    """The layer as it is."""
    return layer(x, (h,))[0]


def logarithms(layer: MinGRU, x: Tensor, h: Tensor) -> Tensor:
    """The parallel mode of the paper's appendix: cumulative sums of log a, and logcumsumexp."""
    k, candidate = layer.linear_z(x), layer.linear_h(x)
    log_g = torch.where(candidate >= 0, (candidate.relu() + 0.5).log(), -softplus(-candidate))
    log_a = pad(torch.cumsum(-softplus(k), dim=0), (0, 0, 0, 0, 1, 0))
    log_b = torch.cat([h.log().unsqueeze(0), log_g - softplus(-k)])
    return (log_a + torch.logcumsumexp(log_b - log_a, dim=0)).exp()[1:]


def loop(layer: MinGRU, x: Tensor, h: Tensor) -> Tensor:
    """The same coefficients, a step at a time."""
    outputs = []
    for a, b in zip(*(coefficient.unbind(0) for coefficient in layer.coefficients(x)), strict=True):
        h = a * h + b
        outputs.append(h)
    return torch.stack(outputs)


FORMS = {"scan": scan, "log-space scan": logarithms, "loop": loop}


def passes(form: str, layer: MinGRU, x: Tensor, weighting: Tensor) -> tuple[float, Tensor, list[Tensor]]:
    """Seconds of one pass forwards and one backwards, the states, and all gradients of their weighted sum."""
    (h,) = (state.requires_grad_() for state in layer.initial(x.shape[1]))
    started = time.perf_counter()
    states = FORMS[form](layer, x, h)
    gradients = torch.autograd.grad((weighting * states).sum(), (x, h, *layer.parameters()))
    return time.perf_counter() - started, states.detach(), list(gradients)


def errors(form: str, layer: MinGRU, x: Tensor, weighting: Tensor) -> dict[str, float]:
    """The largest relative errors of single precision: of a state, and of a gradient."""
    single, double = MinGRU(WIDTH, WIDTH), MinGRU(WIDTH, WIDTH).double()
    single.load_state_dict(layer.state_dict())
    double.load_state_dict(layer.state_dict())
    _, states, gradients = passes(form, single, x, weighting)
    _, exact, exact_gradients = passes("loop", double, x.detach().double().requires_grad_(), weighting.double())
    pairs = zip(gradients, exact_gradients, strict=True)
    of_gradients = max(((ours - theirs).abs().max() / theirs.abs().max()).item() for ours, theirs in pairs)
    return {
        "states": float(f"{((states - exact).abs() / exact).max().item():.2g}"),
        "gradients": float(f"{of_gradients:.2g}"),
    }


def measured(steps: int) -> dict[str, Any]:
    """Times and errors at one length."""
    torch.manual_seed(steps)
    layer, x = MinGRU(WIDTH, WIDTH), torch.randn(steps, BATCH, WIDTH, requires_grad=True)
    weighting = torch.randn(steps, BATCH, WIDTH)
    seconds: dict[str, list[float]] = {form: [] for form in FORMS}
    for repeat in range(REPEATS + 1):
        for form in FORMS:
            duration, _, _ = passes(form, layer, x, weighting)
            if repeat:  # the first round takes memory from the system
                seconds[form].append(duration)
    medians = {form: statistics.median(durations) for form, durations in seconds.items()}
    result: dict[str, Any] = {
        "median seconds": {form: round(median, 4) for form, median in medians.items()},
        "over loop": {form: round(median / medians["loop"], 2) for form, median in medians.items()},
    }
    for name, bias in GATE_BIASES.items():
        torch.nn.init.constant_(layer.linear_z.bias, bias)
        result[f"errors, {name}"] = {form: errors(form, layer, x, weighting) for form in FORMS}
    return result


def main(target: Path) -> None:
    """Measure at each length, and write it."""
    torch.set_num_threads(1)
    result = {
        "shape": f"batch {BATCH}, input and hidden width {WIDTH}, float32, one thread",
        "steps": {str(steps): measured(steps) for steps in TIMES},
        "repeats": REPEATS,
        "torch": torch.__version__,
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
