"""The engine against the same layers of torch.nn, interleaved in one process on one thread.

Run it as: python benchmarks/engine.py results/benchmarks/engine.json
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn

from harness.modeling.recurrence import Recurrence
from harness.registry import current

if TYPE_CHECKING:
    from collections.abc import Callable

REPEATS = 9
SHAPES = {"A": (32, 100, 64, 128), "B": (100, 100, 128, 512), "C": (64, 400, 2, 128), "D": (1, 1000, 64, 64)}
"""Batch, time, input, hidden."""
CELLS: dict[str, tuple[str, dict[str, object], type[nn.Module]]] = {
    "elman": ("elman", {}, nn.RNN),
    "gru:reset=after": ("gru", {"reset": "after"}, nn.GRU),
    "lstm": ("lstm", {}, nn.LSTM),
}


def timed(runs: dict[str, Callable[[], None]]) -> dict[str, float]:
    """The median seconds of each, measured in turn."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for repeat in range(REPEATS + 2):
        for name, run in runs.items():
            started = time.perf_counter()
            run()
            if repeat > 1:  # the first two warm up
                times[name].append(time.perf_counter() - started)
    return {name: statistics.median(values) for name, values in times.items()}


def compare(cell: str, shape: str) -> dict[str, object]:
    """How many times faster than torch.nn's the cell's own layer is, in training and in inference."""
    name, options, reference = CELLS[cell]
    batch, steps, features, hidden = SHAPES[shape]
    own = Recurrence(current().cells().find(name).load()(features, hidden, **options))
    theirs = reference(features, hidden)
    assert own.choice().engine == "native"
    x = torch.randn(steps, batch, features, requires_grad=True)

    def inferred(run: Callable[[], object]) -> None:
        with torch.no_grad():
            run()

    took = timed(
        {
            "torch.nn, training": lambda: theirs(x)[0].sum().backward(),
            "engine, training": lambda: own(x, own.initial(batch))[0].sum().backward(),
            "torch.nn, inference": lambda: inferred(lambda: theirs(x)),
            "engine, inference": lambda: inferred(lambda: own(x, own.initial(batch))),
        }
    )
    ratios = {
        phase: round(took[f"torch.nn, {phase}"] / took[f"engine, {phase}"], 2) for phase in ("training", "inference")
    }
    return {"cell": cell, "shape": shape, "against": f"torch.nn.{reference.__name__}", **ratios, "median seconds": took}


def main() -> None:
    """Measure all, print the ratios, and write them."""
    torch.set_num_threads(1)
    rows = []
    for shape in SHAPES:
        for cell in CELLS:
            rows.append(compare(cell, shape))
            print({key: value for key, value in rows[-1].items() if key != "median seconds"})
    about = {"torch": torch.__version__, "threads": 1, "repeats": REPEATS, "shapes": SHAPES}
    capability = torch.backends.cpu.get_cpu_capability()
    Path(sys.argv[1]).write_text(json.dumps({**about, "capability": capability, "results": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
