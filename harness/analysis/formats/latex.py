"""The table in LaTeX: a document of its own, or a part of another one that has the packages booktabs and graphicx."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.analysis.formats.signs import escape
from harness.analysis.tables.costs import NAMES, cost_headings, cost_rows
from harness.analysis.tables.footnotes import footnotes
from harness.analysis.tables.overview import overview
from harness.analysis.tables.sheet import sheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.analysis.comparison import Comparison
    from harness.analysis.tables.sheet import Entry, Sheet

HEAD = r"""% Compiles as it is; \input it into a document that has \usepackage{booktabs,graphicx}.
\expandafter\ifx\csname @nodocument\endcsname\relax\else
\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{textcomp}
\usepackage[a4paper,margin=2cm]{geometry}
\usepackage{booktabs,graphicx}
\def\harnessalone{\end{document}}
\begin{document}
\fi
"""
FOOT = r"""\expandafter\ifx\csname harnessalone\endcsname\relax\else\expandafter\harnessalone\fi
"""
WIDE = 5
"""Columns of scores that stand beside one another; more go into another table below."""
LONG = 40
"""Rows of costs on a page, for a tabular does not break."""


def latex(comparison: Comparison, *, transpose: bool = False) -> str:
    """The tables of scores, the notes, and the table of costs, in the style of booktabs."""
    scores = sheet(comparison, transpose=transpose)
    parts = [scores.part(start, start + WIDE) for start in range(0, len(scores.tops), WIDE)]
    shown = "".join(map(_sheet, parts)) + _notes(footnotes(comparison))
    if found := overview(comparison):
        shown += _sheet(found.sheet) + _notes(found.notes)
    headings = [escape(heading) for heading in cost_headings(comparison)]
    costs = [[escape(text) for text in row] for row in cost_rows(comparison)]
    columns = "l" * NAMES + "r" * (len(headings) - NAMES)
    pages = [_table(columns, headings, costs[start : start + LONG]) for start in range(0, len(costs), LONG)]
    return f"{HEAD}{shown}{''.join(pages)}{FOOT}"


def _sheet(part: Sheet) -> str:
    headings = [escape(part.corner), *(_stacked(map(escape, top)) for top in part.tops)]
    rows = [
        [_stacked(map(escape, side)), *map(_entry, entries)]
        for side, entries in zip(part.sides, part.entries, strict=True)
    ]
    return _table("l" * len(headings), headings, rows, closed=part.closed)


def _notes(notes: Iterable[str]) -> str:
    lines = "".join(f"\\par\\noindent\\footnotesize {escape(note)}\n" for note in notes)
    return f"{{{lines}\\par}}\n"


def _table(columns: str, headings: Sequence[str], rows: Sequence[Sequence[str]], *, closed: bool = False) -> str:
    """One tabular, made smaller where it is wider than a line."""
    lines = [r"\begin{center}", r"\resizebox{\ifdim\width>\linewidth \linewidth\else \width\fi}{!}{%"]
    lines += [f"\\begin{{tabular}}{{@{{}}{columns}@{{}}}}", r"\toprule", f"{' & '.join(headings)} \\\\", r"\midrule"]
    lines += [f"{' & '.join(row)} \\\\" for row in rows]
    if closed:
        lines.insert(-1, r"\midrule")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}}", r"\end{center}", ""])


def _entry(entry: Entry) -> str:
    lines = [escape(line) for line in entry.lines]
    if entry.strong:
        text = entry.lines[0]
        lines[0] = f"\\textbf{{{escape(text[: entry.strong])}}}{escape(text[entry.strong :])}"
    return _stacked(f"\\textit{{{line}}}" if entry.aside else line for line in lines)


def _stacked(lines: Iterable[str]) -> str:
    first, *others = [*lines] or [""]
    if not others:
        return first
    inner = r" \\ ".join(f"{{{line}}}" for line in (first, *others))
    return f"\\begin{{tabular}}[t]{{@{{}}l@{{}}}}{inner}\\end{{tabular}}"
