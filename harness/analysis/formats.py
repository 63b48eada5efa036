"""The formats of a table: Markdown, CSV, JSON."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from harness.analysis.layout import (
    NOT_TRIED,
    baseline_rows,
    cost_headings,
    cost_rows,
    footnotes,
    heading,
    reached,
    value,
)
from harness.runs.certified import certified

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.analysis.comparison import Comparison, Score
    from harness.runs.record import RunRecord


def markdown(comparison: Comparison) -> str:
    """The table of scores, the notes, and the table of costs."""
    headings = ["cell", *map(heading, comparison.columns)]
    rows = []
    for cell in comparison.cells:
        scores = [column.scores.get(cell) for column in comparison.columns]
        rows.append([f"`{cell}`", *(NOT_TRIED if score is None else _emphasised(score) for score in scores)])
    rows += [
        ["*baseline*", *(f"*{text}*" if text else "" for text in row)] for row in baseline_rows(comparison.columns)
    ]
    notes = "\n".join(f"- {escape(note)}" for note in footnotes(comparison))
    cost = pipe_table(cost_headings(comparison), cost_rows(comparison))
    return f"{pipe_table(headings, rows)}\n{notes}\n\n{cost}"


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
            "cell": record.spec.cell.label,
            "task": record.spec.task.label,
            "changes": ", ".join(record.spec.changes),
            "seed": record.spec.seed,
            "budget": record.spec.budget,
            "size": str(record.spec.size),
            "device": record.spec.device,
            "status": record.status,
            "reason": record.reason,
            **{name: _finite(entry) for name, entry in record.scores.items()},
            "solved": record.solved,
            "solved_step": record.solved_step,
            "best_step": record.best_step,
            "hidden_size": record.hidden_size,
            "parameters": record.parameters,
            "recurrent_parameters": record.recurrent_parameters,
            "seconds": record.seconds,
            "diagnosing_seconds": record.diagnosing_seconds,
            "sequence_steps": record.sequence_steps,
            "clipped": record.clipped,
            "engine": record.engine,
            "checked": certified(record),
            "from": f"{record.spec.cell.distribution} {record.spec.cell.version}",
            "finished": record.finished,
        }
        for record in records
    ]


def _emphasised(score: Score) -> str:
    first, *others = map(escape, reached(score))
    if score.best:
        mean = value(score.mean, score.digits)
        first = first.replace(mean, f"**{mean}**", 1)
    if score.letters:
        first += f" {score.letters}"
    return " · ".join([first, *others])


def escape(text: str) -> str:
    """Text that Markdown shows as it is."""
    for sign in "\\|*<>`":
        text = text.replace(sign, f"\\{sign}")
    return text


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
