"""What was not alike for all cells, or was chosen for each, in sentences."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from harness.analysis.statistics.intervals import ALPHA
from harness.modeling.sizing import UNITS
from harness.registry.options import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from harness.analysis.comparison import Column
    from harness.analysis.comparison.scores import Score
    from harness.runs.record import RunRecord

TOLERATED = 0.05
"""How far a cell may be from the size asked for without a footnote, as a share."""
Groups = list[tuple[str, "list[RunRecord]"]]
"""The runs of each column, under its title."""


def unequal(scores: Iterable[Score]) -> list[str]:
    """Which cells are further from the size asked for than a reader would think."""
    return [
        f"{score.cell} on {score.task} has {abs(score.mismatch):.0%} {'more' if score.mismatch > 0 else 'fewer'} "
        f"{UNITS[score.matched]} than asked for: no hidden size comes nearer."
        for score in scores
        if score.mismatch is not None and abs(score.mismatch) > TOLERATED
    ]


def unlike(groups: Groups) -> list[str]:
    """Which cells were trained by settings that others were not given, and what these have instead."""
    notes: dict[str, list[str]] = defaultdict(list)
    for title, group in groups:
        given: dict[str, set[tuple[str, ...]]] = defaultdict(set)
        rows = {spec.row: spec for spec in (record.setup for record in group)}
        for spec in rows.values():
            given[spec.cell.label].add(spec.knobs)
        if len({frozenset(knobs) for knobs in given.values()}) == 1:
            continue  # all had the same choice
        for spec in rows.values():
            common = [(name, old) for name, old in spec.shared.items() if getattr(spec.recipe, name) != old]
            if common:
                others = ", ".join(f"{name}={text_of(old)}" for name, old in common)
                notes[f"{spec.row} has settings of its own: the recipe that all share has {others}"].append(title)
    return [f"{note} ({', '.join(titles)})." for note, titles in notes.items()]


def chosen(groups: Groups, trials: Sequence[RunRecord]) -> Iterator[str]:
    """What trials chose for each cell; where none of a cell's finished, it has the settings of the first."""
    lost = {_kind(trial) for trial in trials} - {_kind(trial) for trial in trials if trial.status == "finished"}
    for title, group in groups:
        if tune := group[0].setup.tune:
            rows = {f"{run.setup.row} {' '.join(run.setup.chosen)}": _kind(run) in lost for run in group}
            best = ", ".join(row for row, none_finished in rows.items() if not none_finished)
            first = ", ".join(row for row, none_finished in rows.items() if none_finished)
            parts = [f"each cell has the settings of the best of {tune} trials on validation: {best}"] if best else []
            parts += [f"no trial finished of these, which have the settings of the first: {first}"] if first else []
            yield f"{title}: {'; '.join(parts)}."


def _kind(run: RunRecord) -> tuple[str, str, str]:
    """What the trials of a row and its runs share."""
    spec = run.setup
    return spec.task.label, spec.budget, spec.row


def replanned(columns: Iterable[Column]) -> list[str]:
    """Where seeds were run by one plan and then by another: each may err as often as the whole table may."""
    notes: dict[str, list[str]] = defaultdict(list)
    for column in columns:
        plans = {column.looks, *(run.setup.looks for runs in column.runs.values() for run in runs)}
        if len(plans) > 1:
            named = ", ".join(f"auto:max={looks[-1]}" if looks else "a fixed number" for looks in sorted(plans))
            notes[
                f"Seeds were run by {len(plans)} plans ({named}): each errs in up to {ALPHA:.0%} of tables, so that "
                f"looking after each errs in up to {len(plans) * ALPHA:.0%}"
            ].append(column.title)
    return [f"{note} ({', '.join(titles)})." for note, titles in notes.items()]
