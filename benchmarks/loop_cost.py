"""The loop's own cost: a run through the harness over the same training written bare, interleaved in one process.

Run it as: python benchmarks/loop_cost.py results/benchmarks/loop_cost.json
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from harness.modeling.assembly import build
from harness.modeling.tensors import Tensors
from harness.runs.building import architecture, load_cell, load_task, sized
from harness.runs.execute import execute
from harness.runs.plan import Plan, Request
from harness.runs.record import RunRecord

if TYPE_CHECKING:
    from harness.runs.spec import RunSpec

REPEATS = 7
CPU = torch.device("cpu")


def bare(spec: RunSpec) -> tuple[float, float]:
    """The same training with nothing around it: wall seconds, and the error on the test set."""
    started = time.perf_counter()
    task, recipe = load_task(spec.task), spec.recipe
    cell, options = load_cell(spec.cell)
    model = build(cell, options, architecture(spec), sized(spec).hidden_size, spec.seed)
    optimiser = torch.optim.Adam(model.parameters(), lr=recipe.learning_rate, betas=(0.8, 0.95))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: min(1.0, (1 - step / recipe.steps) / 0.4))
    best, best_error = model.state_dict(), float("inf")
    for step, arrays in enumerate(islice(task.batches("train", recipe.batch, spec.seed), recipe.steps), start=1):
        batch = Tensors(arrays, CPU)
        outputs, _ = model(batch)
        loss = functional.mse_loss(outputs, batch.targets)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
        optimiser.step()
        schedule.step()
        if step in recipe.evaluation_steps() and (error := held_out(model, task, "validation")) < best_error:
            best, best_error = {name: value.clone() for name, value in model.state_dict().items()}, error
    model.load_state_dict(best)
    return time.perf_counter() - started, held_out(model, task, "test")


@torch.inference_mode()
def held_out(model: torch.nn.Module, task: object, split: str) -> float:
    """The mean squared error on a held-out set."""
    total, count = 0.0, 0
    for arrays in task.batches(split, 256, 0):
        batch = Tensors(arrays, CPU)
        outputs, _ = model(batch)
        total += functional.mse_loss(outputs, batch.targets, reduction="sum").item()
        count += len(batch.targets)
    return total / count


def harnessed(spec: RunSpec) -> tuple[float, float]:
    """A run as `harness run` makes it: wall seconds, and the error on the test set."""
    started = time.perf_counter()
    record = execute(spec)
    assert isinstance(record, RunRecord)
    return time.perf_counter() - started, record.scores["MSE"]


def main(target: Path) -> None:
    """Run both in turn, check that they give the same, and write the median ratio."""
    torch.set_num_threads(1)
    spec = next(iter(Plan.make(Request(("lstm",), ("adding",), 1, "quick", "cpu")).specs()))
    bare(spec)
    ratios = []
    for _ in range(REPEATS):
        (with_harness, a), (without, b) = harnessed(spec), bare(spec)
        assert abs(a - b) <= 1e-6 * abs(b), "both must be the same training"
        ratios.append(with_harness / without)
    result = {
        "run": f"{spec}, {spec.recipe}, {spec.size}",
        "ratio": round(statistics.median(ratios), 3),
        "ratios": [round(ratio, 3) for ratio in ratios],
        "torch": torch.__version__,
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
