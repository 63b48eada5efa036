"""What is done and said around the runs: data and sizes before them, speed after them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from harness.cli.console import err, out
from harness.data.fetch import UnavailableError
from harness.modeling.sizing import UNITS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.analysis.gate.speed import Speeds
    from harness.data.card import DataSet
    from harness.modeling.sizing import Footprint
    from harness.runs.prepare import Sized
    from harness.runs.suite import Suite


def fetch(cards: Sequence[DataSet], *, tell: bool = True) -> dict[str, UnavailableError]:
    """Have every data set on this machine, verified, and say where it was found; those that cannot be had are given."""
    parts, lost = [], {}
    for card in cards:
        where = card.whereabouts()
        if where == "not fetched yet":
            try:
                with err.status(f"fetching {card.name} ({card.size})"):
                    card.read()
            except UnavailableError as error:
                lost[card.name] = error
                continue
            where = "fetched, verified"
        parts.append(f"{card.name} {card.size} ✓ {where}".replace("  ", " "))
    if parts and tell:
        out.print("data: " + "   ".join(parts), soft_wrap=True)
    return lost


def say_sizes(sizes: Sequence[Sized]) -> None:
    """The size of each cell on each task, and how far the largest mismatch goes."""
    tasks: dict[str, list[Sized]] = defaultdict(list)
    for size in sizes:
        tasks[size.spec.task.label].append(size)
    for task, group in tasks.items():
        target = group[0].spec.size
        matched = target.by in UNITS
        equal = f"{target.value:,} {UNITS[target.by]}" if matched else f"hidden size {target.value}"
        cells = ", ".join(f"{name} {_detail(size, matched=matched)}" for name, size in _named(group).items())
        off = f"; off by at most {max(size.mismatch for size in group):.1%}" if matched else ""
        out.print(f"equal size: {task} {equal} ({cells}{off})", soft_wrap=True)


def _named(group: Sequence[Sized]) -> dict[str, Sized]:
    """By cell, where settings of its own change nothing of its size; by row otherwise."""
    found: dict[str, set[Footprint]] = defaultdict(set)
    for size in group:
        found[size.spec.cell.label].add(size.footprint)
    return {size.spec.cell.label if len(found[size.spec.cell.label]) == 1 else size.spec.row: size for size in group}


def _detail(size: Sized, *, matched: bool) -> str:
    found = size.footprint
    return f"{found.hidden_size} hidden" if matched else f"{found.parameters:,} parameters"


def time_suite(suite: Suite, folder: Path, before: Speeds | None = None) -> None:
    """Time what a suite says, and keep it in the results folder: the better ratios, where it was timed before."""
    if suite.speed is None:
        return
    from harness.analysis.gate.measure import measure
    from harness.analysis.gate.speed import keep

    with err.status("timing") as status:
        speeds = measure(suite, suite.speed, status.update)
    keep(folder, speeds if before is None else speeds.best(before))
