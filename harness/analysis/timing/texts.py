"""What was timed, as text: headings and rows, notes."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.timing.rows import Row, Timing

HEADINGS = ("cell", "runs in", "phase", "times faster", "per FLOP", "ms", "GFLOP/s", "of peak", "MiB")
BUSY = 0.05
"""The share of the machine that others may use before it is told."""


def title(timing: Timing) -> str:
    """The shape and how it was timed, in a line."""
    row = timing.reference[0]
    output = "" if row.output is None else f" · output {row.output}"
    sizes = f"batch {row.batch} · time {row.time} · input {row.input} · hidden {row.hidden}{output}"
    threads = f"{row.threads} thread{'s' if row.threads != 1 else ''}"
    return f"{sizes} · {row.dtype} · {row.device}, {threads}{' · tuned allocator' if row.tuned_allocator else ''}"


def texts(row: Row, *, reference: bool = False) -> list[str]:
    """A row under `HEADINGS`; that of what the others are held against has no interval."""
    ratio = "1" if reference else f"{times(row.ratio)} ({times(row.low)}–{times(row.high)})"
    per_flop = "" if row.ratio_per_flop is None else "1" if reference else times(row.ratio_per_flop)
    speed = [digits(row.gflops), f"{row.peak_share:.0%}"] if row.gflop else ["", ""]
    memory = "" if row.memory_mib is None else digits(row.memory_mib)
    return [row.cell, row.engine, row.phase, ratio, per_flop, digits(row.ms), *speed, memory]


def times(ratio: float) -> str:
    """A ratio to two digits after the point; to fewer where it is large, and to more where it is small."""
    return f"{ratio:.2f}" if 0.1 <= ratio < 10 else digits(ratio)  # noqa: PLR2004


def digits(number: float) -> str:
    """Three significant digits, or all that stand before the point."""
    if not number or not math.isfinite(number):
        return f"{number:g}"
    return f"{number:,.{max(0, 2 - math.floor(math.log10(abs(number))))}f}"


def notes(timings: Sequence[Timing]) -> list[str]:
    """What a reader must know to read the rows right."""
    row = timings[0].reference[0]
    peaks = ((timing.reference[0].peak_gflops, timing.reference[0].peak_of) for timing in timings)
    peak = ", ".join(f"{digits(speed)} GFLOP/s ({whose})" for speed, whose in peaks)
    against = f"{row.against} ({row.engine})"
    return [
        f"Times faster than {against}: medians of {row.repeats} repeats in turn, with 95% bootstrap intervals.",
        "FLOP: of matrix products only, as the plain step asks for them; training is three times the forward pass.",
        f"Peak: the fastest large matrix product of the same repeat, {peak}.",
        "MiB: what a training step takes at its peak, over what there was before.",
    ]


def warnings(timings: Sequence[Timing]) -> list[str]:
    """What a reader must not overlook."""
    rows = [row for timing in timings for row in (*timing.reference, *timing.rows)]
    reasons = (f"{row.cell} runs in {_named(row.engine)}: {row.reason}." for row in rows if row.reason)
    processors = os.cpu_count() or 1
    busiest = max(row.others or 0.0 for row in rows)
    load = (
        f"Others kept {busiest:.1f} of {processors} processors busy meanwhile: times are off, and ratios less sure."
        if busiest > BUSY * processors
        else ""
    )
    return [*dict.fromkeys(reasons), *([load] if load else [])]


def _named(engine: str) -> str:
    return "the plain loop" if engine == "loop" else f"the engine {engine}"
