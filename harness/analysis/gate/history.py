"""Figures over time: from the versions of a baseline that git keeps, from several baselines, or from results."""

from __future__ import annotations

import math
import subprocess
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from statistics import fmean, stdev
from typing import TYPE_CHECKING

from harness.analysis.gate.baseline import Baseline
from harness.analysis.gate.figures import Figures, figures
from harness.analysis.gate.speed import PHASES, TWO_SIDED, Speeds
from harness.errors import HarnessError
from harness.runs.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Moment:
    """All figures of one state of the code.

    Attributes:
        name: the commit, as short as people write it.
        when: ISO 8601.
        figures: of cells on tasks.
        speeds: what was timed.
    """

    name: str
    when: str
    figures: Sequence[Figures]
    speeds: Speeds | None = None


@dataclass(frozen=True)
class Point:
    """A mean at a moment, and its standard error; NaN where one seed gives none."""

    name: str
    when: str
    value: float
    error: float


@dataclass(frozen=True)
class Series:
    """One metric of one cell on one task over time."""

    cell: str
    task: str
    metric: str
    direction: str
    digits: int
    points: Sequence[Point]


def moments(paths: Iterable[Path]) -> list[Moment]:
    """All states of the code that some files and folders tell of, the oldest first.

    Raises:
        HarnessError: one of them is no baseline and no results folder.
    """
    found = [moment for path in paths for moment in (_of_folder(path) if path.is_dir() else _of_file(path))]
    return sorted({(moment.when, moment.name): moment for moment in found}.values(), key=lambda moment: moment.when)


def series(all_moments: Sequence[Moment]) -> list[Series]:
    """One for each metric of each cell on each task, and for each speed."""
    points: dict[tuple[str, str, str], list[Point]] = {}
    shown: dict[tuple[str, str, str], tuple[str, int]] = {}
    for moment in all_moments:
        for key, look, value, error in [*_scores(moment), *_ratios(moment)]:
            points.setdefault(key, []).append(Point(moment.name, moment.when, value, error))
            shown[key] = look
    return [Series(*key, *shown[key], found) for key, found in sorted(points.items(), key=lambda item: item[0][1::-1])]


Told = tuple[tuple[str, str, str], tuple[str, int], float, float]


def _scores(moment: Moment) -> Iterator[Told]:
    for entry in moment.figures:
        for name, metric in entry.metrics.items():
            scores = list(metric.scores.values())
            error = stdev(scores) / math.sqrt(len(scores)) if len(scores) > 1 else math.nan
            if scores:
                yield (entry.cell, entry.task, name), (metric.direction, metric.digits), fmean(scores), error


def _ratios(moment: Moment) -> Iterator[Told]:
    if moment.speeds is None:
        return
    for cell, speed in moment.speeds.cells.items():
        for phase in PHASES:
            ratio = speed.phases[phase]
            key = (cell, f"speed/{moment.speeds.reference}", phase)
            yield key, ("higher", 2), ratio.ratio, (ratio.high - ratio.low) / (2 * TWO_SIDED)


def _of_folder(path: Path) -> Iterator[Moment]:
    """The runs of each commit."""
    with closing(Store(path)) as store:
        runs = sorted(store.runs(), key=lambda run: str(run.environment.get("git", "")))
    for commit, group in groupby(runs, key=lambda run: str(run.environment.get("git", ""))):
        found = list(group)
        yield Moment(commit or path.name, max(run.finished for run in found)[:19], figures(found))


def _of_file(path: Path) -> Iterator[Moment]:
    """The baseline, and every version of it that git has."""
    baseline = Baseline.load(path)
    yield _moment(baseline, path.stem)
    folder = path.resolve().parent
    listing = _git(folder, "log", "--format=%h", "--", path.name)
    for commit in listing.split():
        text = _git(folder, "show", f"{commit}:./{path.name}")
        try:
            yield _moment(Baseline.parse(text, f"{path} at {commit}"), commit)
        except HarnessError:  # of a version that nobody reads any more
            continue


def _moment(baseline: Baseline, name: str) -> Moment:
    commit = baseline.environment.get("git", "")
    return Moment(commit[:8].rstrip("+") or name, baseline.made, baseline.figures, baseline.speeds)


def _git(folder: Path, *arguments: str) -> str:
    """What git says; nothing outside a repository."""
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, timeout=60, check=False)  # noqa: S607
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""
