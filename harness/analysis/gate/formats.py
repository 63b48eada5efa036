"""A judgement as Markdown, JUnit XML and JSON."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from harness.analysis.formats.pipes import escape, pipe_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.analysis.gate.verdict import Judgement, Verdict

HEADINGS = ("cell", "task", "metric", "baseline", "now", "verdict")
_NOT_XML = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def rows(judgement: Judgement) -> Iterator[tuple[str, ...]]:
    """A row a verdict, under `HEADINGS`; what is not green comes first."""
    for verdict in ordered(judgement):
        means = (verdict.shown(verdict.before), verdict.shown(verdict.now))
        yield (verdict.cell, verdict.task, verdict.metric, *means, verdict.words())


def ordered(judgement: Judgement) -> list[Verdict]:
    """The verdicts, those that need somebody first."""
    kinds = ("worse", "not comparable", "better", "same", "identical")
    return sorted(judgement.verdicts, key=lambda verdict: kinds.index(verdict.kind))


def markdown(judgement: Judgement) -> str:
    """For a job's summary: the sum of it, the table, and the notes."""
    table = pipe_table(HEADINGS, ([escape(cell) for cell in row] for row in rows(judgement)))
    notes = "".join(f"- {escape(note)}\n" for note in judgement.notes)
    return f"**{judgement.summary()}**\n\n{table}\n{notes}"


def json_text(judgement: Judgement) -> str:
    """All of it, for programs."""
    verdicts = [
        {
            **asdict(verdict),
            "tolerance": None if verdict.tolerance is None else verdict.tolerance.plain(),
            "words": verdict.words(),
        }
        for verdict in judgement.verdicts
    ]
    return json.dumps(
        {"exit": judgement.exit_code, "summary": judgement.summary(), "notes": judgement.notes, "verdicts": verdicts},
        indent=1,
        ensure_ascii=False,
    )


def junit(judgement: Judgement) -> str:
    """A test case a verdict: worse is a failure, not comparable an error."""
    kinds = [verdict.kind for verdict in judgement.verdicts]
    counts = {"tests": len(kinds), "failures": kinds.count("worse"), "errors": kinds.count("not comparable")}
    suite = ET.Element("testsuite", {"name": "harness", **{name: str(count) for name, count in counts.items()}})
    for verdict in judgement.verdicts:
        names = {"classname": _clean(verdict.task), "name": _clean(f"{verdict.cell}: {verdict.metric}")}
        case = ET.SubElement(suite, "testcase", names)
        words = f"{verdict.words()} (baseline {verdict.shown(verdict.before)}, now {verdict.shown(verdict.now)})"
        if verdict.kind in {"worse", "not comparable"}:
            tag = "failure" if verdict.kind == "worse" else "error"
            ET.SubElement(case, tag, {"message": _clean(verdict.words()), "type": verdict.kind}).text = _clean(words)
        else:
            ET.SubElement(case, "system-out").text = _clean(words)
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode")


def _clean(text: str) -> str:
    """Without what XML cannot hold."""
    return _NOT_XML.sub("�", text)
