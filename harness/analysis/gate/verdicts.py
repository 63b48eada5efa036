"""The verdicts on results: scores, certificates and speeds held against a baseline."""

from __future__ import annotations

from dataclasses import replace
from statistics import fmean
from typing import TYPE_CHECKING

from harness.analysis.gate import besides
from harness.analysis.gate.inferiority import change
from harness.analysis.gate.verdict import Judgement, Verdict, no_worse
from harness.errors import HarnessError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from harness.analysis.gate.baseline import Baseline
    from harness.analysis.gate.figures import Figures, Metric
    from harness.analysis.gate.speed import Speeds
    from harness.runs.suite.tolerance import Tolerance


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
    verdicts += [*besides.certificates(baseline, results), *besides.speeds(baseline, speeds, environment)]
    return Judgement(verdicts, list(besides.notes(baseline, results, environment)))


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
    known = Verdict(
        entry.cell, entry.task, name, "identical", first, second, before.digits, 0.0, 0.0, tolerance=tolerance
    )
    if common and all(before.scores[seed] == now.scores[seed] for seed in common):
        return known
    found = change(before.scores, now.scores, before.direction)
    if found is None:
        why = "one seed says nothing about spread: two are the least"
        return replace(known, kind="not comparable", change=None, most=None, why=why)
    unit = abs(first) if tolerance.relative and first else 1.0
    allowed = tolerance.amount(first)
    kind = "worse" if found.most > allowed else no_worse(found.mean, found.most, allowed)
    return replace(known, kind=kind, change=found.mean / unit, most=found.most / unit)


def _more_failures(before: Figures, now: Figures) -> str:
    """What to say where a larger share of runs fails than did; empty where none does."""
    shares = [len(one.failures) / max(1, len(one.seeds)) for one in (before, now)]
    if shares[1] <= shares[0]:
        return ""
    seed, failure = min(now.failures.items())
    return f"{len(now.failures)} of {len(now.seeds)} failed, {len(before.failures)} did before (seed {seed}: {failure})"
