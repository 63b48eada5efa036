"""How long `harness --help` and `harness cells` take, beside Python itself and importing torch, in one run.

Run it as: python benchmarks/startup.py results/benchmarks/startup.json
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

REPEATS = 15
COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "python -c 'import torch'": ["-c", "import torch"],
    "harness --help": ["-m", "harness", "--help"],
    "harness cells": ["-m", "harness", "cells"],
}


def once(arguments: list[str]) -> float:
    """Wall seconds of one process."""
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main(target: Path) -> None:
    """Time the commands in turn, and write medians and ratios."""
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for repeat in range(REPEATS + 1):
        for name, arguments in COMMANDS.items():
            duration = once(arguments)
            if repeat:  # the first round fills the disk's cache
                seconds[name].append(duration)
    medians = {name: statistics.median(durations) for name, durations in seconds.items()}
    result = {
        "median seconds": {name: round(median, 3) for name, median in medians.items()},
        "over python -c pass": {name: round(m / medians["python -c pass"], 1) for name, m in medians.items()},
        "over import torch": {name: round(m / medians["python -c 'import torch'"], 3) for name, m in medians.items()},
        "repeats": REPEATS,
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
