"""Text as LaTeX shows it, whatever signs it has."""

from __future__ import annotations

import re
import unicodedata

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
