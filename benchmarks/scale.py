"""How time and memory grow with the number of runs, from a thousand to a million synthetic records.

For each number, in fresh processes: the table of a results folder, and asking again for all that is in it. Then, what
handing out and storing a run costs beside the run, at ten thousand runs that do nothing on two workers. The growth is
drawn beside the figures.

Run it as: python benchmarks/scale.py results/benchmarks/scale.json
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

SIZES = (1_000, 10_000, 100_000, 1_000_000)
CELLS = ("elman", "gru", "lstm", "mingru", "minlstm", "simple-gru", "torch-gru", "torch-lstm", "torch-rnn", "window")
TASKS = ("adding:length=5", "adding:length=6", "copy", "temporal-order", "selective-copy")
POINTS = 5
"""Evaluations in a learning curve."""
SOLVED = 0.2
BATCH = 10_000
TRIVIAL = 10_000
"""Runs that do nothing."""


def fill(folder: Path, count: int) -> None:
    """A results folder with so many runs of `plan`, as if all had been run."""
    from harness.runs.record import RunRecord  # noqa: PLC0415 - a part of the work of its own process
    from harness.runs.store import Store  # noqa: PLC0415

    random = Random(0)  # noqa: S311 - a synthetic score
    store = Store(folder, create=True)
    specs = _plan(count).specs()
    done = 0
    while done < count:
        with store.together():
            for spec in (next(specs) for _ in range(min(BATCH, count - done))):
                score = random.gauss(0.2 + 0.01 * CELLS.index(spec.cell.name), 0.05)
                curve = [
                    {"step": step, "seconds": 0.1, "loss": score, "scores": {"MSE": score}} for step in range(POINTS)
                ]
                record = RunRecord(
                    spec,
                    "finished",
                    metrics=[{"name": "MSE", "direction": "lower", "digits": 4}],
                    scores={"MSE": score},
                    validation={"MSE": score},
                    solved=score < SOLVED,
                    solved_step=100 if score < SOLVED else None,
                    hidden_size=20,
                    parameters=1250,
                    recurrent_parameters=1200,
                    seconds=random.uniform(1, 2),
                    sequence_steps=100_000,
                    clipped=0.5,
                    finished=f"2026-01-01T00:00:00.{done:07}",
                    environment={"harness": "0.1.0", "torch": "2.13.0", "python": "3.11"},
                    curve=curve,
                )
                store.add(record)
                done += 1
    store.close()


def _plan(count: int) -> Any:  # noqa: ANN401 - a Plan, imported where it is used
    from harness.runs.plan import Plan, Request  # noqa: PLC0415

    return Plan.make(Request(CELLS, TASKS, count // (len(CELLS) * len(TASKS)), "smoke", "cpu"))


def measured(arguments: list[str]) -> dict[str, Any]:
    """Seconds and peak memory of a command of its own, and whether it had to import torch."""
    code = (
        "import sys, resource; from harness.cli import main; sys.argv = ['harness', *sys.argv[1:]]\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print(used, 'torch' in sys.modules, file=sys.stderr)"
    )
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code, *arguments], check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - started
    used, torch = done.stderr.split()[-2:]
    return {"seconds": round(seconds, 2), "GB": round(int(used) / 1e6, 2), "torch": torch == "True"}


def main(target: Path, sizes: tuple[int, ...]) -> None:
    """Measure, write the figures and draw them."""
    found: dict[str, Any] = {"table": {}, "asking again": {}, "cores": os.cpu_count()}
    for count in sizes:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, __file__, "--fill", folder, str(count)], check=True)
            found["table"][count] = measured(["table", folder, "--format", "csv"])
            names = ["--cells", ",".join(CELLS), "--tasks", ",".join(TASKS)]
            seeds = ["--seeds", str(count // (len(CELLS) * len(TASKS))), "--budget", "smoke", "--device", "cpu"]
            found["asking again"][count] = measured(["run", *names, *seeds, "--out", folder])
            found["size of a folder, GB"] = round((Path(folder) / "runs.sqlite").stat().st_size / 1e9, 3)
        print(count, found["table"][count], found["asking again"][count], flush=True)
        target.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1] == "--fill":
        fill(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        main(Path(sys.argv[1]), tuple(map(int, sys.argv[2:])) or SIZES)
