"""Texts as words."""

from __future__ import annotations

import html
import re

URL = re.compile(r"(?:https?://|www\.)\S*")
MENTION = re.compile(r"@\w+")
_STRETCHED = re.compile(r"(.)\1{2,}")  # a sign three times or more
_TOKEN = re.compile(
    r"""
    <url> | <user>
    | [:;=8x]['o^-]?[()\[\]dp/\\|*]+(?!\w)   # :-) ;P =/
    | <3+                                    # a heart
    | \d+(?:[.,:]\d+)*                       # a number, a price, a time
    | '?[^\W\d_]+(?:['-][^\W\d_]+)*          # word, don't, self-driving, and the 's and n't of split texts
    | [!?$%]+ | \.\.+
    """,
    re.VERBOSE,
)


def words(text: str) -> list[str]:
    """The words of a text in lower case, with emoticons, numbers and the punctuation that speakers use for emphasis.

    Addresses become `<url>` and mentions `<user>`, a hashtag is a word like others, every number is `<number>`, and
    signs that come three times or more come twice. A text with nothing of all this is the one word `<empty>`.
    """
    text = URL.sub(" <url> ", html.unescape(text).lower())
    text = _STRETCHED.sub(r"\1\1", MENTION.sub(" <user> ", text))
    tokens = ["<number>" if token[0].isdigit() else token for token in _TOKEN.findall(text)]
    return tokens or ["<empty>"]


def characters(text: str) -> list[str]:
    """The characters of a text as they are; an empty text is the one symbol `<empty>`."""
    return list(text) or ["<empty>"]
