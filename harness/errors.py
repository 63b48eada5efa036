"""What a user is told: what went wrong, and what to do about it."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic_core import ErrorDetails

_PLAIN = {
    "bool_parsing": "should be true or false",
    "bool_type": "should be a single value",
    "dict_type": "should be a table",
    "float_parsing": "should be a number",
    "float_type": "should be a number",
    "int_from_float": "should be a whole number",
    "int_parsing": "should be a whole number",
    "int_type": "should be a whole number",
    "model_type": "should be a table",
    "string_type": "should be a text",
    "too_short": "should not be empty",
    "tuple_type": "should be a list",
}
"""What is wrong with a value, by the name that pydantic has for it, where its own words are about Python."""
_RAISED = re.compile(r"^(Value error|Assertion failed), ")
"""What pydantic puts before the words of who raised something."""


class HarnessError(Exception):
    """A mistake or a missing thing that the user can mend.

    Its message is one sentence that says what is wrong, where, and what would be right. The command line prints it
    without a traceback and exits with code 2; any other exception is a bug of ours, or of a plugin, and keeps its
    traceback.
    """


class NotSupportedError(HarnessError):
    """A cell cannot do what is asked of it: raised by cells, shown as a row of the table rather than as an end."""


class DataError(HarnessError):
    """Data that a task reads cannot be had, or is not what it should be."""


class LoadError(HarnessError):
    """Code that a plugin offers, or that the user named, cannot be imported."""


class PluginWarning(RuntimeWarning):
    """A plugin did something to the process that it is a guest in, and that was undone."""


def did_you_mean(name: str, choices: Iterable[str]) -> str:
    """The sentence that proposes the nearest of the choices, with a space before it; empty when none is near."""
    near = get_close_matches(name, list(choices), n=1, cutoff=0.6)
    return f' Did you mean "{near[0]}"?' if near else ""


def fault(detail: ErrorDetails) -> tuple[str, str]:
    """What is wrong with a value that pydantic refuses, and the nearest of what it may be instead.

    Returns:
        The end of a sentence, without its full stop: `should be a whole number`; and what `did_you_mean` gives.
    """
    said = _RAISED.sub("", " ".join(detail["msg"].split())).replace("Input should be", "should be").rstrip(".")
    given = str(detail["input"])
    choices = [quoted for quoted in re.findall(r"'([^']*)'", said) if quoted != given]
    return _PLAIN.get(detail["type"], said), did_you_mean(given, choices)
