"""How well a mixed sweep fills the machine: workers against one worker, and the last worker against all others.

All default tasks with their baselines are run by one worker, and the same by a worker for each core, several times, in
turns: a machine gets faster and slower. All times are those of the records. Caches should be full: what is fetched or
compiled the first time would be the one worker's alone.
Besides, orders are simulated: many mixes of runs on many places, with the order of `longest_first`, beside the order of
the plan.

Run it as: python benchmarks/sweep.py results/benchmarks/sweep.json [--budget quick] [--repeats 3]
"""

from __future__ import annotations

import argparse
import heapq
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from statistics import median
from typing import TYPE_CHECKING, Any

from harness.runs.agenda import Lane, longest_first
from harness.runs.store import Store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.runs.record import BaselineRecord, Record, RunRecord

CELLS, TASKS, SEEDS = "lstm,gru", "all", 2
MIXES = 1_000


def real(cores: int, budget: str, repeats: int) -> dict[str, Any]:
    """Throughput and makespan of a sweep that is run: medians, and the throughput of each repeat."""
    found = [once(cores, budget, one_first=number % 2 == 0) for number in range(repeats)]
    each = {"throughput of each repeat": [one["throughput of all over one"] for one in found]}
    return {"budget": budget} | {name: median(one[name] for one in found) for name in found[0]} | each


def once(cores: int, budget: str, *, one_first: bool) -> dict[str, Any]:
    """The same runs by one worker, and by a worker for each core."""
    swept = {count: _swept(count, budget) for count in ((1, cores) if one_first else (cores, 1))}
    one, many = swept[1], swept[cores]
    return {
        "runs": len(many.runs),
        "seconds by one": round(one.seconds, 2),
        "seconds by all": round(many.seconds, 2),
        "throughput of all over one": round(one.seconds / many.seconds, 3),
        "makespan over the lower bound": round(many.makespan / max(sum(many.spent) / cores, *many.spent), 3),
    }


@dataclass(frozen=True)
class Swept:
    """The records of a sweep."""

    runs: list[RunRecord]
    baselines: list[BaselineRecord]

    @property
    def spent(self) -> list[float]:
        """Seconds of each run."""
        return [record.elapsed or 0.0 for record in self.runs]

    @property
    def makespan(self) -> float:
        """Seconds from the beginning of the first run to the end of the last."""
        return self._end - min(_ended(record) - spent for record, spent in zip(self.runs, self.spent, strict=True))

    @property
    def seconds(self) -> float:
        """Seconds from the end of the first baseline, which takes no time to speak of, to the end of the last run."""
        return self._end - min(map(_ended, self.baselines))

    @property
    def _end(self) -> float:
        return max(map(_ended, self.runs))


def _ended(record: Record) -> float:
    return datetime.fromisoformat(record.finished).timestamp()


def _swept(workers: int, budget: str) -> Swept:
    """What became of a sweep."""
    command = [sys.executable, "-m", "harness", "run", "--cells", CELLS, "--tasks", TASKS, "--budget", budget]
    with tempfile.TemporaryDirectory() as folder:
        asked = [*command, "--seeds", str(SEEDS), "--workers", str(workers), "--out", folder]
        subprocess.run(asked, check=True, capture_output=True)
        with closing(Store(Path(folder))) as store:
            return Swept(list(store.runs()), list(store.baselines()))


def machine(cores: int) -> float:
    """What a process for each core gets done over what one does, where they share nothing but the machine."""
    seconds = {count: min(_loops(count) for _ in range(3)) for count in (1, cores)}
    return round(cores * seconds[1] / seconds[cores], 3)


def _loops(count: int) -> float:
    context = multiprocessing.get_context("spawn")
    with context.Pool(count) as pool:
        pool.map(_loop, range(count), chunksize=1)  # all have torch now
        return max(pool.map(_loop, range(count), chunksize=1))


def _loop(_number: int) -> float:
    import torch  # noqa: PLC0415 - in processes of their own

    torch.set_num_threads(1)
    state = torch.ones(64, 64)
    started = time.perf_counter()
    for _ in range(50_000):
        state = torch.tanh(0.01 * state @ state)
    return time.perf_counter() - started


@dataclass(frozen=True)
class Run:
    """A run that takes some time."""

    seed: int
    cost: float


def simulated() -> dict[str, Any]:
    """Makespans over the lower bound, of mixes with 16 runs a place and more."""
    random = Random(0)  # noqa: S311 - a simulation
    ratios: dict[str, list[float]] = {"longest first": [], "order of the plan": []}
    for _ in range(MIXES):
        places, seeds = random.choice([2, 4, 8, 16, 64]), random.randint(1, 10)
        costs = [random.lognormvariate(0, random.choice([0.3, 1, 2])) for _ in range(-(-16 * places // seeds))]
        plan = [Run(seed, cost) for seed in range(seeds) for cost in costs]
        lanes: list[Any] = [Lane(_of(cost, seeds), seeds, lambda cost=cost: cost) for cost in costs]  # type: ignore[misc]
        longest = sorted((run.cost for run in plan), reverse=True)
        bound = max(sum(longest) / places, longest[0], longest[places - 1] + longest[places])
        order: Any = longest_first(lanes, places)
        ratios["longest first"].append(simulate([*order], places) / bound)
        ratios["order of the plan"].append(simulate(plan, places) / bound)
    return {
        order: {
            "median": round(median(found), 3),
            "99%": round(sorted(found)[-MIXES // 100], 3),
            "most": round(max(found), 3),
        }
        for order, found in ratios.items()
    }


def _of(cost: float, seeds: int) -> Any:  # noqa: ANN401 - stands for specs
    return [Run(seed, cost) for seed in range(seeds)]


def simulate(order: Sequence[Run], places: int) -> float:
    """When the last run ends, if each begins as soon as a place is free."""
    free = [0.0] * places
    for run in order:
        heapq.heappush(free, heapq.heappop(free) + run.cost)
    return max(free)


def main() -> None:
    """Measure and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", type=Path, help="the file to write")
    parser.add_argument("--budget", default="quick")
    parser.add_argument("--repeats", type=int, default=3)
    arguments, cores = parser.parse_args(), len(os.sched_getaffinity(0))
    swept = real(cores, arguments.budget, arguments.repeats)
    found = {"cores": cores, "machine": machine(cores), "real": swept, "simulated": simulated()}
    arguments.target.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
