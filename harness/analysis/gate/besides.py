"""What is judged besides scores: speeds and certificates; and the notes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.analysis.gate.speed import PHASES
from harness.analysis.gate.verdict import Verdict, no_worse
from harness.testing.certificate import passes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from harness.analysis.gate.baseline import Baseline
    from harness.analysis.gate.figures import Figures
    from harness.analysis.gate.speed import Ratio, Speeds
    from harness.runs.suite import Speed

CHECK, SPEED = "check", "speed"
"""What stands in the place of a task, where none was trained on."""
VERSIONS = ("harness", "torch", "processor")
"""What of the environment makes scores differ by rounding."""


def speeds(baseline: Baseline, now: Speeds | None, environment: Mapping[str, object]) -> Iterator[Verdict]:
    """The verdicts on what the baseline has timed, but for what another processor makes faster or slower by itself."""
    before, asked = baseline.speeds, baseline.suite.speed
    if before is None or asked is None:
        return
    passed = _of_processors(baseline, environment)
    for cell, old in before.cells.items():
        task = f"{SPEED}/{before.reference}"
        if now is None or cell not in now.cells:
            yield Verdict(cell, task, SPEED, "not comparable", why="it was not timed")
        elif deviations := before.deviations(now, cell):
            yield Verdict(cell, task, SPEED, "not comparable", why="; ".join(deviations))
        elif cell not in passed:  # a note tells
            for phase in PHASES:
                yield _speed(
                    Verdict(cell, task, phase, "same"), old.phases[phase], now.cells[cell].phases[phase], asked
                )


def _of_processors(baseline: Baseline, environment: Mapping[str, object]) -> list[str]:
    """The cells whose ratio says more of the processor than of them.

    On another processor than the baseline's, what runs in one engine keeps its ratio to what runs in the same; a few
    large operations beside many small ones, or a fused kernel beside a loop, become faster or slower by themselves.
    """
    before = baseline.speeds
    if before is None or not _changed(baseline, environment, ["processor"]):
        return []
    return [cell for cell, speed in before.cells.items() if speed.engine != before.engine]


def _changed(baseline: Baseline, environment: Mapping[str, object], names: Iterable[str]) -> list[str]:
    """What of the environment is not the baseline's, of what that tells."""
    before = baseline.environment
    return [name for name in names if name in before and str(environment.get(name, "")) != before[name]]


def _speed(known: Verdict, before: Ratio, now: Ratio, asked: Speed) -> Verdict:
    """The verdict on the speed of a phase: other than with scores, slower is what is shown to be slower.

    More seeds make scores surer, but nothing makes a busy machine quiet.
    """
    mean, least, most = before.slower(now)
    allowed = asked.tolerance.value
    kind = "worse" if least > allowed else no_worse(mean, most, allowed)
    found = replace(known, kind=kind, before=before.ratio, now=now.ratio, tolerance=asked.tolerance)
    return replace(found, change=mean, least=least, most=most)


def certificates(baseline: Baseline, now: Mapping[tuple[str, str], list[Figures]]) -> Iterator[Verdict]:
    """The verdict on each cell whose certificate the baseline has, and that was checked since."""
    before = {entry.cell: entry.checked for entry in baseline.figures if entry.checked}
    after = {cell: found[-1].checked for (cell, _), found in now.items() if found[-1].checked}
    for cell, old in before.items():
        if cell not in after:
            continue  # a note tells
        new = after[cell]
        known = Verdict(cell, CHECK, "certificate", "identical" if new == old else "same")
        if passes(old) != passes(new):
            yield replace(known, kind="better" if passes(new) else "worse", why=f"{new}; it was {old}")
        else:
            yield known


def notes(
    baseline: Baseline, now: Mapping[tuple[str, str], list[Figures]], environment: Mapping[str, object]
) -> Iterator[str]:
    """What a reader should know besides."""
    old = {(entry.cell, entry.task): entry for entry in baseline.figures}
    if new := [f"{cell} on {task}" for cell, task in sorted(now.keys() - old.keys())]:
        yield f"Not in the baseline: {', '.join(new)}."
    shared = [(entry, now[key][-1]) for key, entry in old.items() if key in now]
    for cell in sorted({entry.cell for entry, other in shared if entry.checked and not other.checked}):
        yield f"{cell} was checked for the baseline, and this code was not: harness check {cell}."
    for entry, other in shared:
        if 0 < (count := len(entry.seeds & other.seeds)) < len(entry.seeds):
            yield f"{entry.cell} on {entry.task}: {count} of the baseline's {len(entry.seeds)} seeds are compared."
    if any(not entry.seeds & other.seeds for entry, other in shared):
        yield "The seeds are not the baseline's, so there are no pairs: a difference shows less clearly."
    if changed := _changed(baseline, environment, VERSIONS):
        before = baseline.environment
        told = ", ".join(f"{name} was {before[name]}, is {environment.get(name, 'unknown')}" for name in changed)
        yield f"Made elsewhere: {told}. Scores may differ by rounding."
    if baseline.speeds is not None and (cells := _of_processors(baseline, environment)):
        yield (
            f"Not judged: how fast {', '.join(cells)} {'is' if len(cells) == 1 else 'are'}. On another processor the "
            f"ratio to {baseline.speeds.reference}, which runs in another engine, is another."
        )
