"""What all commands share: where they print, and how they say that something is wrong."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.registry import Plugins

out = Console(highlight=False)
err = Console(highlight=False, stderr=True)


class _State:
    verbose = False


def _set_verbose(value: bool) -> bool:
    _State.verbose = value
    return value


def verbose() -> bool:
    """Whether tracebacks were asked for."""
    return _State.verbose


Verbose = Annotated[
    bool, typer.Option("--verbose", callback=_set_verbose, help="Show the traceback of what could not be loaded.")
]
Plugin = Annotated[
    list[str] | None,
    typer.Option(
        "--plugin", metavar="FILE.py|MODULE", help="Load a plugin that is not installed. Can be given several times."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Results = Annotated[str, typer.Argument(metavar="[RESULTS]", help="The results folder.", show_default="results")]

Names = Annotated[
    list[str] | None,
    typer.Option(metavar="NAMES", help="Only these, with or without options, or with * and ?; separated by commas."),
]
Metric = Annotated[
    str | None, typer.Option(metavar="NAME", help="What to compare, instead of each task's first metric.")
]


def fail(error: BaseException) -> None:
    """Print an error as one sentence; its cause too with `--verbose`."""
    err.print(Text.assemble(("error: ", "bold red"), str(error)), soft_wrap=True)
    if _State.verbose:
        err.print(Text("\n".join(getattr(error, "__notes__", []))), soft_wrap=True)
        if error.__cause__ is not None:
            err.print(Text("".join(traceback.format_exception(error.__cause__))), soft_wrap=True)


def warn(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: object = None,  # noqa: ARG001 - what Python calls it with
    line: object = None,  # noqa: ARG001
) -> None:
    """What shows a warning: one line for what a plugin did, as Python writes it for all others."""
    from harness.errors import PluginWarning

    plain = (
        f"{message}" if issubclass(category, PluginWarning) else f"{filename}:{lineno}: {category.__name__}: {message}"
    )
    err.print(Text.assemble(("! ", "yellow"), plain), soft_wrap=True)


def skip(error: BaseException) -> None:
    """Say why something that nobody asked for by name is left out."""
    err.print(Text.assemble(("left out: ", "yellow"), str(error)), soft_wrap=True)


def table(headings: Sequence[str]) -> Table:
    """An empty table in the one style of all commands."""
    empty = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for heading in headings:
        empty.add_column(Text(heading))
    return empty


def warn_of_broken(plugins: Plugins) -> bool:
    """Name each plugin that could not be loaded, with the reason; says whether the user asked for one of them."""
    for broken in plugins.broken:
        hint = "" if _State.verbose else " (--verbose shows the traceback)"
        style, word = ("bold red", "error") if broken.asked else ("yellow", "!")
        err.print(Text.assemble((word, style), f"{':' if broken.asked else ''} {broken}{hint}"), soft_wrap=True)
        if _State.verbose:
            err.print(Text(broken.details), soft_wrap=True)
    return any(broken.asked for broken in plugins.broken)


def examples(*lines: str) -> str:
    """The epilog of a command's help."""
    return "Examples:\n\n" + "\n\n".join(lines)
