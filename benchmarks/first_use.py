"""What the first use of a cell costs, in fresh processes: with nothing compiled yet, and with all of it kept.

benchmarks/engine.py calls it; alone it prints the same: python benchmarks/first_use.py benchmarks/cells.py:MGU
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

PROCESSES = 3
BATCH, TIME, INPUT, HIDDEN = 32, 100, 64, 128
PARTS = {"trace": ("trace",), "compile": ("Native",), "check": ("check",)}
"""What the selection of an engine calls, by the part of the work that it is; the rest of the work is planning."""


def first_use(cell: str) -> dict[str, dict[str, float]]:
    """Median seconds of each part, with an empty cache and with a full one."""
    with tempfile.TemporaryDirectory() as full:
        _fresh(cell, full)
        kept = [_fresh(cell, full) for _ in range(PROCESSES)]
    empty = []
    for _ in range(PROCESSES):
        with tempfile.TemporaryDirectory() as cache:
            empty.append(_fresh(cell, cache))
    return {"empty cache": _medians(empty), "full cache": _medians(kept)}


def _fresh(cell: str, cache: str) -> dict[str, float]:
    command = [sys.executable, __file__, "--here", cell]
    done = subprocess.run(
        command, env=os.environ | {"HARNESS_CACHE": cache}, check=True, stdout=subprocess.PIPE, text=True
    )
    seconds: dict[str, float] = json.loads(done.stdout)
    return seconds


def _medians(processes: list[dict[str, float]]) -> dict[str, float]:
    return {part: round(statistics.median(one[part] for one in processes), 3) for part in processes[0]}


def here(cell: str) -> dict[str, float]:
    """The seconds of each part in this process, which must not have imported anything yet."""
    seconds = dict.fromkeys(("import torch", "import", *PARTS), 0.0)
    started = time.perf_counter()
    import torch  # noqa: PLC0415

    seconds["import torch"] = time.perf_counter() - started
    started = time.perf_counter()
    from harness.modeling.engine import select  # noqa: PLC0415
    from harness.modeling.recurrence import Recurrence  # noqa: PLC0415
    from harness.registry.imports import import_named  # noqa: PLC0415

    torch.set_num_threads(1)  # as in a run
    kind: Any = import_named(cell)
    seconds["import"] = time.perf_counter() - started
    built = Recurrence(kind(INPUT, HIDDEN), "native")
    for part, names in PARTS.items():
        for name in names:
            setattr(select, name, _counted(getattr(select, name), part, seconds))
    started = time.perf_counter()
    built.choice()
    chosen = time.perf_counter() - started
    seconds["plan"] = chosen - sum(seconds[part] for part in PARTS)
    started = time.perf_counter()
    x = torch.randn(TIME, BATCH, INPUT, requires_grad=True)
    built(x, built.initial(BATCH))[0].sum().backward()
    seconds["first step"] = time.perf_counter() - started
    seconds["all but torch"] = sum(seconds.values()) - seconds["import torch"]
    return seconds


def _counted(function: Callable[..., object], part: str, seconds: dict[str, float]) -> Callable[..., object]:
    def counted(*arguments: object) -> object:
        started = time.perf_counter()
        try:
            return function(*arguments)
        finally:
            seconds[part] += time.perf_counter() - started

    return counted


if __name__ == "__main__":
    print(json.dumps(here(sys.argv[2]) if sys.argv[1] == "--here" else first_use(sys.argv[1]), indent=2))
