"""What benchmarks/engine.py measured, as tables in Markdown, and which of the goals are not reached."""

from __future__ import annotations

from statistics import geometric_mean
from typing import TYPE_CHECKING, Any

from goes import goes_of, read

from harness.analysis.formats.pipes import pipe_table
from harness.analysis.timing.texts import digits, times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from goes import Part

Slices = dict[str, dict[str, Any]]
SAME = ("elman", "gru:reset=after", "lstm")
WHOLE = "{}, native, 1 thread"
"""The slice in which everything is measured."""
MEMORY, SHARE, FIRST_USE, FROM_CACHE = 0.5, 0.8, 2.0, 0.05
"""Goals: of torch.nn's memory at most, of the product peak at least, and seconds at most."""
FIRST = "first use"
ALL, BEYOND_TRACE = ("all but torch",), ("plan", "compile", "check")
HOW = (
    "Cells that torch.nn has, too, are compared in time; the others with its GRU, or its LSTM where they have "
    "peepholes, for each floating-point operation."
)


def tables(found: dict[str, Part]) -> str:
    """All tables, of what there is."""
    slices = {name: read(part) for name, part in found.items() if name != FIRST}
    first_use = read(found[FIRST])["rows"] if FIRST in found else []
    shapes = list(dict.fromkeys(name[0] for name in slices))
    kinds = list(dict.fromkeys(name[3:] for name in slices))
    parts = [
        "Times faster than torch.nn, training / inference; shapes are batch, time, input, hidden:",
        "\n".join(f"- {shape}: {_sizes(slices, shape)}" for shape in shapes),
        _goes(found),
    ]
    for kind in kinds:
        own = [name for name in slices if name.endswith(f", {kind}")]
        cells = dict.fromkeys(row["cell"] for name in own for row in slices[name]["rows"] if _subject(row))
        rows = [[f"`{cell}`", *(_pair(slices, f"{shape}, {kind}", cell) for shape in shapes)] for cell in cells]
        parts += [f"**{kind}**", pipe_table(["cell", *shapes], rows)]
    parts += [
        HOW,
        _memory(slices, shapes),
        _shares(slices, shapes),
        _first_use(first_use),
        _left_out(slices),
        _missed(slices, first_use),
    ]
    return "\n\n".join(part.rstrip() for part in parts if part) + "\n"


def value(row: dict[str, Any]) -> float:
    """How many times faster a row is: in time for the cells that torch.nn has, or else for each operation."""
    same = row["cell"] in SAME or row["cell"].startswith("keras-")
    ratio: float = row["ratio"] if same else row["ratio_per_flop"]
    return ratio


def _subject(row: dict[str, Any]) -> bool:
    return bool(row["cell"] != row["against"])


def _goes(found: dict[str, Part]) -> str:
    counts = {name: goes_of(part) for name, part in found.items()}
    if max(counts.values(), default=1) == 1:
        return ""
    said = [
        f"- {count}: {'; '.join(name for name in counts if counts[name] == count)}"
        for count in sorted(set(counts.values()), reverse=True)
    ]
    return "Numbers are medians of so many goes, minutes apart:\n\n" + "\n".join(said)


def _sizes(slices: Slices, shape: str) -> str:
    part = next(part for name, part in slices.items() if name.startswith(shape))
    return ", ".join(str(part[size]) for size in ("batch", "time", "input", "hidden"))


def _find(slices: Slices, name: str, cell: str, phase: str = "training") -> dict[str, Any] | None:
    rows = slices[name]["rows"] if name in slices else []
    return next((row for row in rows if row["cell"] == cell and row["phase"] == phase), None)


def _pair(slices: Slices, name: str, cell: str) -> str:
    rows = [_find(slices, name, cell, phase) for phase in ("training", "inference")]
    return " / ".join(times(value(row)) for row in rows if row) or "–"


def _of_whole(slices: Slices, shapes: Iterable[str], heading: str, cell_of: Callable[[dict[str, Any]], str]) -> str:
    """A table of one figure of the training steps with one thread, as torch allocates."""
    present = [shape for shape in shapes if WHOLE.format(shape) in slices]
    cells = dict.fromkeys(row["cell"] for shape in present for row in slices[WHOLE.format(shape)]["rows"])
    rows = [
        [f"`{cell}`", *(cell_of(row) if (row := _find(slices, WHOLE.format(s), cell)) else "–" for s in present)]
        for cell in cells
    ]
    return f"{heading}\n\n{pipe_table(['cell', *present], rows)}" if present else ""


def _memory(slices: Slices, shapes: list[str]) -> str:
    def text(row: dict[str, Any]) -> str:
        if row["memory_mib"] is None:
            return "–"
        share = f" ({row['memory_mib'] / row['against_memory_mib']:.0%})" if _subject(row) else ""
        return digits(row["memory_mib"]) + share

    return _of_whole(slices, shapes, "Peak memory of a training step in MiB, and of what it is held against:", text)


def _shares(slices: Slices, shapes: list[str]) -> str:
    heading = "GFLOP/s of a training step, and the share of the fastest large product of the same repeat:"
    return _of_whole(slices, shapes, heading, lambda row: f"{digits(row['gflops'])} ({row['peak_share']:.0%})")


def _first_use(found: list[dict[str, Any]]) -> str:
    if not found:
        return ""
    parts = [name for name in found[0] if name not in {"cell", "cache"}]
    rows = [[f"`{row['cell']}`", row["cache"], *(f"{row[part]:.2f}" for part in parts)] for row in found]
    heading = "Seconds of the first use of a cell in a fresh process (most of the trace is what torch imports for it):"
    return f"{heading}\n\n{pipe_table(['cell', '', *parts], rows)}"


def _left_out(slices: Slices) -> str:
    lines = [
        f"- left out at {name}: `{cell}`, whose training step takes {seconds:g} s"
        for name, part in slices.items()
        for cell, seconds in part["left_out"].items()
    ]
    return "\n".join(lines)


def _missed(slices: Slices, first_use: list[dict[str, Any]]) -> str:
    """The geometric mean over the cells that torch.nn has, and what stays below its goal."""
    lines, same = [], []
    for name, part in slices.items():
        for row in filter(_subject, part["rows"]):
            where = f"- {name}: `{row['cell']}`, {row['phase']}"
            goal, reached = _goal(name, row), value(row)
            if row["cell"] in SAME and row["phase"] == "training" and "native" in name and not part["tuned_allocator"]:
                same.append(reached)
                lines += [f"{where}: {text}" for text in _beside_time(name[0], row)]
            if goal is not None and reached < goal:
                lines.append(f"{where}: {times(reached)}, of {goal}")
    for row in first_use:
        parts, goal = (ALL, FIRST_USE) if row["cache"] == "empty cache" else (BEYOND_TRACE, FROM_CACHE)
        if (spent := sum(row[part] for part in parts)) > goal:
            lines.append(f"- `{row['cell']}`, first use, {row['cache']}: {spent:.2f} s, of {goal} s")
    mean = (
        f"Geometric mean of training, for the cells that torch.nn has: {times(geometric_mean(same))}. " if same else ""
    )
    return f"{mean}Goals that are not reached:\n\n" + ("\n".join(lines) or "- none")


def _beside_time(shape: str, row: dict[str, Any]) -> list[str]:
    """Goals of memory and of the share of the peak that a training step does not reach."""
    lines = []
    if shape == "C" and row["memory_mib"] and row["memory_mib"] > MEMORY * row["against_memory_mib"]:
        lines.append(f"memory {row['memory_mib'] / row['against_memory_mib']:.0%}, of {MEMORY:.0%}")
    if shape == "B" and row["cell"] == "lstm" and row["peak_share"] < SHARE:
        lines.append(f"{row['peak_share']:.0%} of the peak, of {SHARE:.0%}")
    return lines


def _goal(name: str, row: dict[str, Any]) -> float | None:
    """What a ratio should be at least; None where nothing is asked."""
    shape, cell, phase = name[0], row["cell"], row["phase"]
    if cell.startswith(("keras-", "tr-")) or phase not in {"training", "inference"}:
        return None
    if ", torch," in name:
        return (0.65 if cell == "lstm" else 1.05) if phase == "training" and shape != "D" else None
    if phase == "inference" or "tuned" in name or cell.startswith("lstm:"):
        return 1.0
    if cell not in SAME:
        return 1.1
    if cell == "lstm":
        return 1.05 if "2 threads" in name else 1.0
    return {"A": 1.7, "B": 1.15, "C": 1.7, "D": 15.0}[shape]
