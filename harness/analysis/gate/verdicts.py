"""The verdict on each cell, task and metric."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from statistics import fmean
from typing import TYPE_CHECKING, Literal

from harness.analysis.gate.inferiority import change
from harness.analysis.gate.speed import PHASES
from harness.analysis.layout import value
from harness.errors import HarnessError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from harness.analysis.gate.baseline import Baseline
    from harness.analysis.gate.figures import Figures, Metric
    from harness.analysis.gate.speed import Speeds
    from harness.runs.tolerance import Tolerance

Kind = Literal["better", "same", "worse", "not comparable", "identical"]
GREEN, RED, UNUSABLE = 0, 1, 2
SPEED = "speed"
VERSIONS = ("harness", "torch", "processor")
"""What of the environment makes scores differ by rounding."""


@dataclass(frozen=True)
class Verdict:
    """What is said of one metric of one cell on one task.

    Attributes:
        cell: its name with options.
        task: likewise; of a speed, what it is held against.
        metric: what is compared.
        kind: the verdict.
        before: the baseline's mean; None where there is none.
        now: the mean of the results.
        digits: to show of them after the point.
        change: how much worse it is, in the unit of the tolerance: below 0 it is better; None where nobody can tell.
        most: it is at most this, at a level of 95%.
        tolerance: how much worse it may be.
        why: what cannot be read from the numbers, in a sentence.
    """

    cell: str
    task: str
    metric: str
    kind: Kind
    before: float | None = None
    now: float | None = None
    digits: int = 2
    change: float | None = None
    most: float | None = None
    tolerance: Tolerance | None = None
    why: str = ""

    @property
    def name(self) -> str:
        """Of what is judged, in a line."""
        return f"{self.cell} on {self.task}: {self.metric}"

    def shown(self, number: float | None) -> str:
        """One of the means, as text."""
        return "–" if number is None else value(number, self.digits)

    def words(self) -> str:
        """The verdict with what it rests on."""
        kind = self.kind.upper() if self.kind == "worse" else self.kind
        if self.why:
            return f"{kind}: {self.why}"
        if self.kind == "identical" or self.change is None or self.most is None or self.tolerance is None:
            return kind
        most, allowed = self._amount(self.most), f"{self.tolerance} allowed"
        if self.kind == "better":
            return f"better by {self._amount(-self.change)}"
        if self.kind == "same":
            return f"same ({'no' if self.most <= 0 else f'at most {most}'} worse, {allowed})"
        if self.change <= self.tolerance.value:
            return f"{kind} cannot be ruled out: at most {most} ({allowed})"
        return f"{kind} by {self._amount(self.change)}, at most {most} ({allowed})"

    def _amount(self, number: float) -> str:
        relative = self.tolerance is not None and self.tolerance.relative
        return f"{100 * number:.1f}%" if relative else value(number, self.digits)


@dataclass(frozen=True)
class Judgement:
    """All verdicts, and what else there is to know."""

    verdicts: list[Verdict]
    notes: list[str]

    @property
    def exit_code(self) -> int:
        """0 where nothing is worse, 1 where something is, 2 where something cannot be told."""
        kinds = {verdict.kind for verdict in self.verdicts}
        return RED if "worse" in kinds else UNUSABLE if "not comparable" in kinds else GREEN

    def summary(self) -> str:
        """The numbers of verdicts, in a line."""
        counts = Counter(verdict.kind for verdict in self.verdicts)
        good = counts["same"] + counts["better"] + counts["identical"]
        known = f"{good} same or better ({counts['identical']} identical)"
        return f"{counts['worse']} worse, {known}, {counts['not comparable']} not comparable"


def judge(
    baseline: Baseline, now: Iterable[Figures], speeds: Speeds | None, environment: Mapping[str, object]
) -> Judgement:
    """Hold results against a baseline.

    Args:
        baseline: with the tolerances of its suite.
        now: figures of the results.
        speeds: what was timed with them.
        environment: where they were made.

    Raises:
        HarnessError: they have nothing in common.
    """
    results: dict[tuple[str, str], list[Figures]] = {}
    for entry in now:
        results.setdefault((entry.cell, entry.task), []).append(entry)
    old = {(entry.cell, entry.task) for entry in baseline.figures}
    if not old & results.keys():
        have, want = (", ".join(sorted({f"{c} on {t}" for c, t in some})) or "nothing" for some in (results, old))
        raise HarnessError(f"nothing can be compared: the baseline has {want}, and the results have {have}.")
    verdicts: list[Verdict] = []
    for entry in baseline.figures:
        found = results.get((entry.cell, entry.task), [])
        alike = [one for one in found if not list(entry.deviations(one))]
        verdicts += _entry(baseline, entry, [*found, *alike][-1] if found else None)
    return Judgement([*verdicts, *_speeds(baseline, speeds)], list(_notes(baseline, results, environment)))


def _entry(baseline: Baseline, before: Figures, now: Figures | None) -> Iterator[Verdict]:
    """The verdicts on a cell on a task."""
    allowed = baseline.suite.tolerances(before.task, list(before.metrics) or ["score"])
    reason = "it was not run" if now is None else "; ".join(before.deviations(now))
    if now is None or reason:
        for metric in allowed:
            yield Verdict(before.cell, before.task, metric, "not comparable", why=reason)
        return
    if failed := _more_failures(before, now):
        yield Verdict(before.cell, before.task, "runs", "worse", why=failed)
        return
    if not before.metrics and not now.metrics:
        yield Verdict(before.cell, before.task, "runs", "same", why="no run finishes, as before")
        return
    for metric, tolerance in allowed.items():
        if metric in before.metrics and metric in now.metrics:
            yield _metric(before, metric, before.metrics[metric], now.metrics[metric], tolerance)
        else:
            lacking = "the baseline lacks" if metric not in before.metrics else "the results lack"
            yield Verdict(before.cell, before.task, metric, "not comparable", why=f"{lacking} it")


def _metric(entry: Figures, name: str, before: Metric, now: Metric, tolerance: Tolerance) -> Verdict:
    """The verdict on one metric."""
    common = before.scores.keys() & now.scores.keys()
    first, second = (
        fmean(score for seed, score in metric.scores.items() if seed in common or not common)
        for metric in (before, now)
    )
    known = Verdict(entry.cell, entry.task, name, "identical", first, second, before.digits, 0.0, 0.0, tolerance)
    if common and all(before.scores[seed] == now.scores[seed] for seed in common):
        return known
    found = change(before.scores, now.scores, before.direction)
    if found is None:
        why = "one seed says nothing about spread: two are the least"
        return replace(known, kind="not comparable", change=None, most=None, why=why)
    unit = abs(first) if tolerance.relative and first else 1.0
    kind = _kind(found.mean, found.most, tolerance.amount(first))
    return replace(known, kind=kind, change=found.mean / unit, most=found.most / unit)


def _kind(mean: float, most: float, allowed: float) -> Kind:
    """Worse is what is not shown to be no worse; better what is shown to be, and by more than is tolerated."""
    if most > allowed:
        return "worse"
    return "better" if most < 0 and -mean > allowed else "same"


def _more_failures(before: Figures, now: Figures) -> str:
    """What to say where a larger share of runs fails than did; empty where none does."""
    shares = [len(one.failures) / max(1, len(one.seeds)) for one in (before, now)]
    if shares[1] <= shares[0]:
        return ""
    seed, failure = min(now.failures.items())
    return f"{len(now.failures)} of {len(now.seeds)} failed, {len(before.failures)} did before (seed {seed}: {failure})"


def _speeds(baseline: Baseline, now: Speeds | None) -> Iterator[Verdict]:
    before, asked = baseline.speeds, baseline.suite.speed
    if before is None or asked is None:
        return
    for cell, old in before.cells.items():
        task = f"{SPEED}/{before.reference}"
        if now is None or cell not in now.cells:
            yield Verdict(cell, task, SPEED, "not comparable", why="it was not timed")
        elif deviations := before.deviations(now, cell):
            yield Verdict(cell, task, SPEED, "not comparable", why="; ".join(deviations))
        else:
            for phase in PHASES:
                ratios = old.phases[phase], now.cells[cell].phases[phase]
                mean, most = ratios[0].slower(ratios[1])
                kind = _kind(mean, most, asked.tolerance.value)
                means = ratios[0].ratio, ratios[1].ratio
                yield Verdict(cell, task, phase, kind, *means, change=mean, most=most, tolerance=asked.tolerance)


def _notes(
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
    before = {name: value for name, value in baseline.environment.items() if name in VERSIONS}
    changed = [name for name in before if str(environment.get(name, "")) != before[name]]
    if changed:
        told = ", ".join(f"{name} was {before[name]}, is {environment.get(name, 'unknown')}" for name in changed)
        yield f"Made elsewhere: {told}. Scores may differ by rounding."
