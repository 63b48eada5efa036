"""The formats of a table: Markdown, CSV, JSON."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from harness.analysis.cost_table import cost_headings, cost_rows
from harness.analysis.layout import NOT_TRIED, footnotes, sheet
from harness.analysis.overview import overview
from harness.runs.certified import certified
from harness.runs.record import PHASES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.analysis.comparison import Comparison
    from harness.analysis.layout import Entry, Sheet
    from harness.analysis.scores import Score
    from harness.runs.record import RunRecord


def markdown(comparison: Comparison, *, transpose: bool = False) -> str:
    """The table of scores, the notes, and the table of costs."""
    parts = [_sheet(sheet(comparison, transpose=transpose)), _notes(footnotes(comparison))]
    if found := overview(comparison):
        parts += [_sheet(found.sheet), _notes(found.notes)]
    costs = ([escape(text) for text in row] for row in cost_rows(comparison))
    return "\n".join([*parts, pipe_table(cost_headings(comparison), costs)])


def _sheet(scores: Sheet) -> str:
    headings = [scores.corner, *(escape(" ".join(top)) for top in scores.tops)]
    sides = [" ".join([code(side[0]), *map(escape, side[1:])]) for side in scores.sides]
    if scores.closed:
        sides[-1] = f"*{scores.sides[-1][0]}*"
    return pipe_table(
        headings, ([side, *map(_emphasised, row)] for side, row in zip(sides, scores.entries, strict=True))
    )


def _notes(notes: Iterable[str]) -> str:
    return "".join(f"- {escape(note)}\n" for note in notes)


def csv_text(comparison: Comparison) -> str:
    """One line a cell and task."""
    return rows_csv([plain(score) for score in comparison.scores])


def json_text(comparison: Comparison) -> str:
    """A list of objects, one a cell and task."""
    return json.dumps([plain(score) for score in comparison.scores], indent=2, ensure_ascii=False)


def plain(score: Score) -> dict[str, Any]:
    """A score as JSON can hold it: None for what is not a finite number."""
    return {name: _finite(entry) for name, entry in asdict(score).items()}


def run_rows(records: Iterable[RunRecord]) -> list[dict[str, Any]]:
    """One flat object a run."""
    return [
        {
            "run": record.spec.key,
            "cell": record.spec.row,
            "task": record.spec.task.label,
            "changes": ", ".join(record.spec.changes),
            "tuned": ", ".join(record.spec.chosen),
            "trial": record.spec.trial or None,
            "seed": record.seed,
            "budget": record.spec.budget,
            "size": str(record.spec.size),
            "device": record.spec.device,
            "status": record.status,
            "reason": record.reason,
            **{name: _finite(entry) for name, entry in record.scores.items()},
            **{f"validation {name}": _finite(entry) for name, entry in record.validation.items()},
            "solved": record.solved,
            "solved_step": record.solved_step,
            "best_step": record.best_step,
            "hidden_size": record.hidden_size,
            "parameters": record.parameters,
            "recurrent_parameters": record.recurrent_parameters,
            "state_size": record.state_size,
            "flops_per_step": record.flops_per_step,
            "seconds": record.seconds,
            "diagnosing_seconds": record.diagnosing_seconds,
            "sequence_steps": record.sequence_steps,
            "clipped": record.clipped,
            "engine": record.engine,
            **_measured(record),
            "checked": certified(record),
            **{name: record.environment.get(name) for name in ("harness", "torch", "processor")},
            "from": f"{record.spec.cell.distribution} {record.spec.cell.version}",
            "finished": record.finished,
        }
        for record in records
    ]


def _emphasised(entry: Entry) -> str:
    first, *others = map(escape, entry.lines or ("",))
    if entry.strong:
        text = entry.lines[0]
        first = f"**{escape(text[: entry.strong])}**{escape(text[entry.strong :])}"
    return " · ".join(f"*{line}*" if entry.aside and line != NOT_TRIED else line for line in (first, *others) if line)


_MARKUP = re.compile(r"([\\`*_~|<>&\[\]])")


def _measured(record: RunRecord) -> dict[str, Any]:
    """What a time step of a sequence took, and what else the machine did."""
    phases = {name: record.cost.get(name, {}).get("median") for name in PHASES}
    spreads = {f"{name}_{end}": record.cost.get(name, {}).get(end) for name in PHASES for end in ("low", "high")}
    beside = {name: record.disturbance.get(name) for name in ("threads", "others", "workers", "waited")}
    cost = {name: record.cost.get(name) for name in ("memory", "kernel")}
    return {**phases, **spreads, **cost, **beside, "disturbed": record.disturbed}


def escape(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return _MARKUP.sub(r"\\\1", re.sub(r"\s+", " ", text))


def code(name: str) -> str:
    """A name in letters of equal width, unless it has a sign that Markdown would read there."""
    return escape(name) if re.search(r"[`|\s]", name) else f"`{name}`"


def pipe_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [f"| {' | '.join(headings)} |", f"|{' --- |' * len(headings)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def rows_csv(rows: Sequence[dict[str, Any]]) -> str:
    """Flat objects as lines; columns that only some have stay empty for the others."""
    text = io.StringIO()
    names = dict.fromkeys(name for row in rows for name in row)
    writer = csv.DictWriter(text, fieldnames=list(names), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(entry) for name, entry in row.items()} for row in rows)
    return text.getvalue()


def _cell(entry: object) -> object:
    return "; ".join(f"{name} ({count})" for name, count in entry.items()) if isinstance(entry, dict) else entry


def _finite(entry: Any) -> Any:  # noqa: ANN401 - whatever a record holds
    return None if isinstance(entry, float) and not math.isfinite(entry) else entry
