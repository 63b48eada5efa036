"""The scan of the minimal layers beside the paper's scan of logarithms and a plain loop: time, and digits lost.

All three are one minGRU with the same weights, and a loss that is a sum of all states at random weights. Errors are
those of single precision against the loop in double precision: of states the largest relative to the state, of
gradients the largest relative to the largest element of the same gradient.

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
SHAPES = ((100, 32, 64), (1000, 32, 64), (5000, 32, 64), (1000, 4, 16))  # time, batch, input and hidden width
GATE_BIASES = {"as it starts": 0.0, "long memory": -5.0}  # z is about 1/2, and about 1/150
SAME = 1e-6  # in double precision


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


def passes(form: str, layer: MinGRU, x: Tensor, weighting: Tensor) -> tuple[float, dict[str, Tensor]]:
    """Seconds of one pass forwards and one backwards; the states, and the gradients by name."""
    (h,) = (state.requires_grad_() for state in layer.initial(x.shape[1]))
    x = x.clone().requires_grad_()
    by = {"x": x, "h": h, **dict(layer.named_parameters())}
    started = time.perf_counter()
    states = FORMS[form](layer, x, h)
    gradients = torch.autograd.grad((weighting * states).sum(), tuple(by.values()))
    seconds = time.perf_counter() - started
    return seconds, {"states": states.detach(), **dict(zip(by, gradients, strict=True))}


def times(layer: MinGRU, x: Tensor, weighting: Tensor) -> dict[str, Any]:
    """Medians of all forms, taken in turn."""
    seconds: dict[str, list[float]] = {form: [] for form in FORMS}
    for repeat in range(REPEATS + 1):
        for form, durations in seconds.items():
            duration, _ = passes(form, layer, x, weighting)
            if repeat:  # the first round takes memory from the system
                durations.append(duration)
    medians = {form: statistics.median(durations) for form, durations in seconds.items()}
    return {
        "median seconds": {form: round(median, 4) for form, median in medians.items()},
        "over loop": {form: round(median / medians["loop"], 2) for form, median in medians.items()},
    }


def errors(layer: MinGRU, x: Tensor, weighting: Tensor) -> dict[str, dict[str, float]]:
    """What single precision costs each form: the relative error of the states, and of each gradient."""
    double = MinGRU(layer.input_size, layer.hidden_size).double()
    double.load_state_dict(layer.state_dict())
    _, exact = passes("loop", double, x.double(), weighting.double())
    for form in FORMS:
        _, same = passes(form, double, x.double(), weighting.double())
        assert max(relative(same, exact).values()) < SAME, "all must be the same layer"
    return {form: relative(passes(form, layer, x, weighting)[1], exact) for form in FORMS}


def relative(single: dict[str, Tensor], exact: dict[str, Tensor]) -> dict[str, float]:
    """The largest errors, to two digits."""
    scales = {name: theirs if name == "states" else theirs.abs().max() for name, theirs in exact.items()}
    largest = {name: ((single[name] - exact[name]).abs() / scales[name]).max().item() for name in exact}
    return {name: float(f"{error:.2g}") for name, error in largest.items()}


def measured(steps: int, batch: int, width: int) -> dict[str, Any]:
    """Times and errors at one shape."""
    torch.manual_seed(steps)
    layer, x, weighting = MinGRU(width, width), torch.randn(steps, batch, width), torch.randn(steps, batch, width)
    result = {"time": steps, "batch": batch, "width": width, **times(layer, x, weighting)}
    for name, bias in GATE_BIASES.items():
        torch.nn.init.constant_(layer.linear_z.bias, bias)
        result[f"errors, {name}"] = errors(layer, x, weighting)
    return result


def main(target: Path) -> None:
    """Measure at each shape, and write it."""
    torch.set_num_threads(1)
    result = {
        "shapes": [measured(*shape) for shape in SHAPES],
        "repeats": REPEATS,
        "torch": torch.__version__,
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
