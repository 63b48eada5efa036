"""The engine against torch.nn's layers, and beside those of torchrecurrent and Keras, at four shapes.

Each slice - a shape, threads, allocator, engine - is a process of its own that times each layer in turn with the one
that it is held against, by what is behind `harness time`. Slices that the file has are not measured again:

    python benchmarks/engine.py results/benchmarks/engine.json                  all that is missing, in 15 minutes
    python benchmarks/engine.py results/benchmarks/engine.json --only C --again all slices of shape C anew

It needs the extras keras and torchrecurrent. Beside the file it writes the tables, engine.md; benchmarks/chart.py
draws the picture.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine_tables import tables
from first_use import first_use
from goes import goes_of, joined

from harness.training.timing.allocator import SETTINGS
from harness.training.timing.shape import Shape

if TYPE_CHECKING:
    from harness.modeling.engine.select import Engine

REPEATS = 7
SHAPES = {
    "A": Shape(32, 100, 64, 128, 65),
    "B": Shape(100, 100, 128, 512, 65),
    "C": Shape(64, 400, 2, 128, 65),
    "D": Shape(1, 1000, 64, 64, 65),
}
OTHERS = Path(__file__).with_name("cells.py")
SAME = {"elman": "torch-rnn", "gru:reset=after": "torch-gru", "lstm": "torch-lstm"}
"""Cells that torch.nn has, too."""
SIMILAR = {
    "lstm:peephole=true": "torch-lstm",
    "gru": "torch-gru",
    "simple-gru": "torch-gru",
    "jordan": "torch-gru",
    **dict.fromkeys(
        (f"{OTHERS}:{name}" for name in ("MGU", "MultiplicativeLSTM", "LayerNormElman", "ThreeState")), "torch-gru"
    ),
}
"""Cells that it has not, held against one of its own for each floating-point operation."""
PEERS = {
    "keras-simple-rnn": "torch-rnn",
    "keras-gru": "torch-gru",
    "keras-lstm": "torch-lstm",
    "tr-peephole-lstm": "torch-lstm",
    "tr-ugrnn": "torch-gru",  # the equations of simple-gru
    "tr-mgu": "torch-gru",
    "tr-multiplicative-lstm": "torch-gru",
}
"""Layers of other packages for cells that are timed."""
LONGEST = 2.0
"""Seconds of a training step for which a peer is waited."""
FIRST_USED = ("harness_scratch.lstm:LSTM", f"{OTHERS}:MultiplicativeLSTM")


@dataclass(frozen=True)
class Slice:
    """What one process measures."""

    shape: str
    threads: int
    tuned: bool
    engine: Engine

    def __str__(self) -> str:
        allocator = ", tuned allocator" if self.tuned else ""
        return f"{self.shape}, {self.engine}, {self.threads} thread{'s' if self.threads > 1 else ''}{allocator}"

    def cells(self) -> dict[str, str]:
        """The cells, and what each is held against; everything only where most people are: native, no tuning."""
        if self.tuned or self.engine == "torch":
            return SAME
        return SAME | SIMILAR | (PEERS if self.threads == 1 else {})


SLICES = [
    Slice(shape, threads, tuned, engine)
    for shape in SHAPES
    for threads, tuned, engine in (
        (1, False, "native"),
        (2, False, "native"),
        (1, True, "native"),
        (2, True, "native"),
        (1, False, "torch"),
    )
]
PARTS: list[Slice | str] = [*SLICES, "first use"]
"""All that is measured."""


def measured(part: Slice) -> dict[str, Any]:
    """All layers of a slice, each timed in turn with the one that it is held against, in this process."""
    import torch  # noqa: PLC0415 - the process that only starts others needs none

    from harness.analysis.timing.rows import compared  # noqa: PLC0415
    from harness.training.timing.candidate import Candidate  # noqa: PLC0415
    from harness.training.timing.measure import measure  # noqa: PLC0415
    from harness.training.timing.subject import Subject  # noqa: PLC0415

    shape, pairs = SHAPES[part.shape], part.cells()

    def subject(name: str) -> Subject:
        engine = "auto" if name in PEERS else part.engine
        return Subject(Candidate.find(name), shape, engine, torch.float32, torch.device("cpu"))

    torch.set_num_threads(part.threads)
    steps = {name: _step(subject(name)) for name in pairs if name in PEERS}
    left_out = {name: round(seconds, 1) for name, seconds in steps.items() if seconds > LONGEST}
    own, others = {}, []
    for name, other in pairs.items():
        if name not in left_out:  # two at a time: a machine's speed may change while many are timed in turn
            session = measure([subject(other), subject(name)], REPEATS, part.threads)
            beside, timed = session.measured
            own.setdefault(other, compared(session, beside, beside))
            others += compared(session, timed, beside)
    rows = [asdict(row) for row in [*(row for found in own.values() for row in found), *others]]
    shared = ("batch", "time", "input", "hidden", "output", "dtype", "device", "threads", "repeats", "tuned_allocator")
    return {
        **{name: rows[0][name] for name in shared},
        "capability": torch.backends.cpu.get_cpu_capability(),
        "torch": torch.__version__,
        "left_out": left_out,
        "rows": [
            {name: _rounded(value) for name, value in row.items() if name not in {*shared, "origin"}} for row in rows
        ],
    }


def _step(subject: Any) -> float:  # noqa: ANN401 - a Subject, which is imported late
    """The seconds of a training step. Of a shorter one nothing follows: some take quadratic time."""
    subject.warm_up()
    seconds: float = subject.train()["training"]
    return seconds


def _rounded(value: object) -> object:
    return float(f"{value:.4g}") if isinstance(value, float) else value


def in_process(part: Slice) -> dict[str, Any]:
    """The same in a process of its own, since an allocator is tuned before a process starts."""
    command = [sys.executable, __file__, "--slice", str(SLICES.index(part))]
    environment = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    environment |= SETTINGS if part.tuned else {}
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def first_uses() -> dict[str, Any]:
    """A row a cell and state of the cache, with the seconds of each part."""
    return {
        "rows": [
            {"cell": cell.rpartition(":")[2], "cache": cache, **seconds}
            for cell in FIRST_USED
            for cache, seconds in first_use(cell).items()
        ]
    }


def write(target: Path, found: dict[str, Any]) -> None:
    """The file, in the order of the slices and a line a row, and the tables beside it."""
    found = {str(part): found[str(part)] for part in PARTS if str(part) in found}
    text = json.dumps(found, indent=1)
    for row in (row for part in found.values() for row in part["rows"]):
        text = text.replace(json.dumps(row, indent=1).replace("\n", "\n   "), json.dumps(row))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text + "\n", encoding="utf-8")
    target.with_suffix(".md").write_text(tables(found), encoding="utf-8")


def main() -> None:
    """Measure what is missing."""
    parser = argparse.ArgumentParser(description="The engine against other layers.")
    parser.add_argument("target", type=Path, nargs="?", help="results/benchmarks/engine.json")
    parser.add_argument("--only", help='slices whose name begins so: "A", "B, native, 1"; "first" for the first use')
    parser.add_argument("--goes", type=int, default=1, help="how many goes the file should have of each (1)")
    parser.add_argument("--again", action="store_true", help="forget the goes that the file has")
    parser.add_argument("--slice", type=int, help=argparse.SUPPRESS)  # what a process that was started here does
    asked = parser.parse_args()
    if asked.slice is not None:
        print(json.dumps(measured(SLICES[asked.slice])))
        return
    target: Path = asked.target or parser.error("give the file to write: results/benchmarks/engine.json")
    found = json.loads(target.read_text(encoding="utf-8")) if target.exists() else {}
    parts = {str(part): part for part in PARTS if str(part).startswith(asked.only or "")}
    if not parts or asked.goes < 1:
        names = "; ".join(map(str, PARTS))
        parser.error(f"nothing to measure: --goes is from 1 on, and --only how one of these begins: {names}")
    kept = {name: rows for name, rows in found.items() if not (asked.again and name in parts)}
    for number in range(1, asked.goes + 1):
        for name, part in parts.items():
            if goes_of(kept.get(name)) < number:
                started = time.monotonic()
                kept[name] = joined(kept.get(name), first_uses() if isinstance(part, str) else in_process(part))
                found[name] = kept[name]  # until then the file has what there was
                write(target, found)
                print(f"{name}: {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
