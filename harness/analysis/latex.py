"""The table in LaTeX: a document of its own, or a part of another one that has the packages booktabs and graphicx."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from harness.analysis.cost_table import NAMES, cost_headings, cost_rows
from harness.analysis.layout import footnotes, sheet
from harness.analysis.overview import overview

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.analysis.comparison import Comparison
    from harness.analysis.layout import Entry, Sheet

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


_SIGNS = {
    **{sign: f"\\{sign}" for sign in "#$%&_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\char34{}",
    "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}",
    "–": r"\textendash{}",
    "—": r"\textemdash{}",
    "“": "``",
    "”": "''",
    "\N{LEFT SINGLE QUOTATION MARK}": "`",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "…": r"\ldots{}",
    "\N{FRACTION SLASH}": "/",
    "·": r"\textperiodcentered{}",
    "±": r"\ensuremath{\pm}",
    "×": r"\ensuremath{\times}",
    "\N{MINUS SIGN}": r"\ensuremath{-}",
    "↓": r"\ensuremath{\downarrow}",
    "↑": r"\ensuremath{\uparrow}",
    "→": r"\ensuremath{\rightarrow}",
    "←": r"\ensuremath{\leftarrow}",
    "≤": r"\ensuremath{\leq}",
    "≥": r"\ensuremath{\geq}",
    "≈": r"\ensuremath{\approx}",
    "≠": r"\ensuremath{\neq}",
    "∞": r"\ensuremath{\infty}",
    "∂": r"\ensuremath{\partial}",
    "∇": r"\ensuremath{\nabla}",
    "‖": r"\ensuremath{\|}",
    "√": r"\ensuremath{\surd}",
    "µ": r"\textmu{}",
    "†": r"\textdagger{}",
    "‡": r"\textdaggerdbl{}",
    "✓": "yes",
    "✗": "no",
}
_GREEK = re.compile(r"GREEK (SMALL|CAPITAL) LETTER (FINAL )?([A-Z]+)$")
_LIKE_LATIN = {"alpha": "A", "beta": "B", "epsilon": "E", "zeta": "Z", "eta": "H", "iota": "I", "kappa": "K", "mu": "M"}
_LIKE_LATIN |= {"nu": "N", "omicron": "O", "rho": "P", "tau": "T", "chi": "X"}
_THEIR_OWN = {"gamma", "delta", "theta", "lambda", "xi", "pi", "sigma", "upsilon", "phi", "psi", "omega"}
_EVERYWHERE = range(0xC0, 0x180)
"""Accented letters that LaTeX knows without a package; those of them that it does not are taken apart, or numbered."""
_UNKNOWN = "ĄąĐđĘęĦħĮįĸĿŀŉŊŋŦŧŲųſÐðÞþ"


def escape(text: str) -> str:
    """Text that LaTeX shows as it is; letters that no usual font of it has are named by their number."""
    written = "".join(map(_sign, re.sub(r"\s+", " ", text))).replace("--", "-{}-")  # which would become a dash
    return f"{{}}{written}" if written.startswith(("[", "*")) else written  # which \\ before it would take for its own


def _sign(sign: str) -> str:
    if sign in _SIGNS:
        return _SIGNS[sign]
    if " " <= sign <= "~" or (ord(sign) in _EVERYWHERE and sign not in _UNKNOWN):
        return sign
    if letter := _greek(unicodedata.name(sign, "")):
        return letter
    parts = [part for part in unicodedata.normalize("NFKD", sign) if not unicodedata.combining(part)]
    return "".join(map(_sign, parts)) if parts not in ([], [sign]) else f"[U+{ord(sign):04X}]"


def _greek(name: str) -> str:
    """A letter of that name in Unicode; empty where it is none of the 24."""
    match = _GREEK.match(name)
    letter = match[3].lower().replace("lamda", "lambda") if match else ""
    if not match or letter not in {*_LIKE_LATIN, *_THEIR_OWN}:
        return ""
    if match[1] == "CAPITAL":
        return _LIKE_LATIN.get(letter) or f"\\ensuremath{{\\{letter.capitalize()}}}"
    return "o" if letter == "omicron" else f"\\ensuremath{{\\{'var' if match[2] else ''}{letter}}}"
