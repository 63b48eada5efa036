"""What is said at the outset: how many runs there are, and how large the cells are on each task."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.cli.console import out
from harness.modeling.sizing import UNITS
from harness.runs.seeds import bounds
from harness.runs.shard import WHOLE, Shard

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.modeling.sizing import Footprint
    from harness.runs.agenda import Agenda
    from harness.runs.plan import Plan
    from harness.runs.spec import RunSpec


@dataclass(frozen=True)
class Sized:
    """The size that a cell gets on a task."""

    spec: RunSpec
    footprint: Footprint

    @property
    def mismatch(self) -> float:
        """How far it is from what was asked for, as a share; 0 where nothing was."""
        return abs(self.spec.size.mismatch(self.footprint) or 0.0)


def say_plan(plan: Plan, agenda: Agenda, folder: Path, shard: Shard) -> None:
    """How many runs there are, of what, and how many of them are done."""
    request = plan.request
    least, most = (request.tune,) * 2 if agenda.of_trials else bounds(request.seeds)
    factors = [(len(plan.cells), "cell"), (plan.settings(), "setting"), (len(plan.tasks), "task")]
    product = [counted(count, count, noun) for count, noun in factors if noun != "setting" or request.grid]
    product.append(counted(least, most, "trial" if agenda.of_trials else "seed"))
    each = math.prod(count for count, _ in factors)
    done = agenda.total - agenda.count
    before = f", {done} done before, {agenda.count} to do" if done else ""
    share = f", {agenda.total} in shard {shard}" if shard != WHOLE else ""
    runs = f"{' × '.join(product)} = {counted(each * least, each * most, 'run')}"
    settings = f"{request.budget} budget · {request.device} · {folder}/"
    out.print(f"{runs}{share}{before} · {settings}", soft_wrap=True)


def counted(least: int, most: int, noun: str) -> str:
    """`3 seeds`, `3 to 20 seeds`."""
    count = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    return f"{count} {noun}{'s' if most != 1 else ''}"


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
