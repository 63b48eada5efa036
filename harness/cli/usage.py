"""A command that was called wrongly, told in one sentence, whatever is wrong with the call."""

from __future__ import annotations

import re
import shlex
import sys
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError, did_you_mean, fault

if TYPE_CHECKING:
    import typer


def explain(error: typer.TyperException) -> HarnessError:
    """What to tell of a call that typer refused."""
    explained = _KINDS.get(type(error).__name__, _otherwise)(error)
    return HarnessError(explained)


def _no_option(error: Any) -> str:  # noqa: ANN401 - typer keeps the classes of its errors to itself
    command = error.ctx.command
    typed = next((word for word in sys.argv if word.startswith(error.option_name)), error.option_name)  # -cells, not -c
    name = typed.partition("=")[0]
    known = [option for parameter in command.get_params(error.ctx) for option in parameter.opts]
    path = error.ctx.command_path
    return f'{path} has no option "{name}".{did_you_mean(name, known)} ({path} --help lists all)'


def _missing(error: Any) -> str:  # noqa: ANN401
    return f"{error.ctx.command_path} lacks {_name(error.param)}, as in: {_example(error.ctx)}"


def _value_or_none(error: Any) -> str:  # noqa: ANN401
    return f"{error.option_name} {'needs a' if 'requires' in error.message else 'takes no'} value."


def _bad_value(error: Any) -> str:  # noqa: ANN401
    if not hasattr(error.__cause__, "errors"):  # not pydantic's
        return _otherwise(error)
    detail = error.__cause__.errors()[0]
    reason, hint = fault(detail)
    should = re.sub("^.* is not one of", "should be one of", reason)
    return f"{_name(error.param)} {shlex.quote(str(detail['input']))} cannot be used: it {should}.{hint}"


def _not_understood(error: Any) -> str:  # noqa: ANN401
    """No such command, none at all, or arguments that are left over."""
    context = error.ctx
    left = re.search(r"extra argument\(s\) \((?P<words>.*)\)$", error.message)
    if left is not None:
        quotes = "a value with spaces or * in it needs quotes"
        return f'{context.command_path} takes no further argument "{left["words"]}": {quotes}.'
    known = getattr(context.command, "commands", {})
    name = next((word for word in sys.argv[1:] if not word.startswith("-")), None)
    if not known or name is None:
        return _otherwise(error)
    return f'there is no command "{name}".{did_you_mean(name, known)} ({context.command_path} --help lists all)'


def _otherwise(error: Any) -> str:  # noqa: ANN401
    """In typer's own words."""
    context = getattr(error, "ctx", None)
    words = error.format_message().rstrip(".")
    return f"{context.command_path if context else 'harness'}: {words[:1].lower()}{words[1:]}."


def _name(parameter: Any) -> str:  # noqa: ANN401
    """A parameter as its user knows it: --format, or the word that the help shows for an argument."""
    if parameter.opts[0].startswith("-"):
        return str(parameter.opts[0])
    return str(parameter.metavar or parameter.name.upper()).strip("[].")


def _example(context: Any) -> str:  # noqa: ANN401
    """The first of those that the command's help ends with."""
    return str(context.command.epilog).split("\n\n")[1]


_KINDS = {
    "NoSuchOption": _no_option,
    "MissingParameter": _missing,
    "BadOptionUsage": _value_or_none,
    "BadParameter": _bad_value,
    "UsageError": _not_understood,
}
