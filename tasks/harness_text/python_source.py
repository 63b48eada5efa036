"""The class of every character of Python source, the same whichever Python says it."""

from __future__ import annotations

import keyword
import tokenize
from io import StringIO
from itertools import accumulate
from token import tok_name
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from tokenize import TokenInfo

CLASSES = ("whitespace", "name", "keyword", "operator", "string", "number", "comment")
WHITESPACE, NAME, KEYWORD, OPERATOR, STRING, NUMBER, COMMENT = range(len(CLASSES))
SIGNS = ".nkos0#"
"""One for each class: how classes are written below source."""
_OF_TOKEN = {
    tokenize.NAME: NAME,
    tokenize.OP: OPERATOR,
    tokenize.STRING: STRING,
    tokenize.NUMBER: NUMBER,
    tokenize.COMMENT: COMMENT,
}


def label(source: str) -> bytes | None:
    """The class of each character; None where the source cannot be split into tokens.

    What is in no token is white space: blanks, line breaks, and the backslash that goes on with a line. `tokenize`
    gives an f-string in parts from Python 3.12 on, and as one string before; here all of it is a string, the
    expressions in it as well (so are the t-strings of 3.14). Soft keywords such as `match` are names.

    Args:
        source: with line breaks as on Unix.
    """
    starts = [0, *accumulate(len(line) + 1 for line in source.split("\n"))]
    labels = bytearray(len(source))  # white space
    try:
        for first, last, kind in _spans(tokenize.generate_tokens(StringIO(source).readline), starts):
            labels[first:last] = bytes([kind]) * (last - first)
    except (tokenize.TokenError, SyntaxError):
        return None
    return bytes(labels)


def _spans(tokens: Iterator[TokenInfo], starts: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Where each token but white space begins and ends, and its class, given where lines start.

    Raises:
        SyntaxError: a token is none: up to Python 3.11 `tokenize` does not raise that itself.
    """
    opened: list[int] = []  # where the f-strings that we are in began
    for token in tokens:
        first = starts[token.start[0] - 1] + token.start[1]
        last = first + len(token.string)  # token.end counts bytes after a string of several lines in Python 3.12.1
        kind = tok_name[token.type]
        if kind == "ERRORTOKEN":
            raise SyntaxError(token.string)
        if kind.endswith("STRING_START"):
            opened.append(first)
        elif kind.endswith("STRING_END"):
            yield opened.pop(), last, STRING
        elif not opened and token.type in _OF_TOKEN:
            yield first, last, KEYWORD if _is_keyword(token) else _OF_TOKEN[token.type]


def _is_keyword(token: TokenInfo) -> bool:
    return token.type == tokenize.NAME and keyword.iskeyword(token.string)
