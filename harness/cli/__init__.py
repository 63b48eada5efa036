"""The command line: one module a command."""

from __future__ import annotations

import sys
import warnings
from typing import Annotated

import typer

from harness import __version__
from harness.cli import (
    baseline,
    cells,
    check,
    compare,
    data,
    executors,
    merge,
    new,
    plot,
    plugins,
    recipes,
    recover,
    report,
    rerun,
    run,
    runs,
    sample,
    show,
    table,
    tasks,
    time,
    trend,
)
from harness.errors import HarnessError

app = typer.Typer(
    name="harness",
    help="Compare recurrent cells: same tasks, equal budget, honest statistics.",
    epilog="Start with: harness run --cells lstm,gru --tasks all",
    pretty_exceptions_enable=False,  # a bug keeps its plain traceback
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(f"harness {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Options before the command."""


COMMANDS = (
    run,
    rerun,
    recover,
    merge,
    table,
    report,
    plot,
    compare,
    baseline,
    trend,
    time,
    runs,
    show,
    sample,
    cells,
    tasks,
    data,
    recipes,
    executors,
    plugins,
    new,
    check,
)

for module in COMMANDS:
    app.command(module.__name__.rpartition(".")[2], epilog=module.EPILOG)(module.command)


def main() -> None:
    """The entry point: a user's mistake is one sentence and exit code 2."""
    from harness.cli.console import fail, warn
    from harness.cli.usage import explain

    with warnings.catch_warnings():
        warnings.showwarning = warn
        try:
            code = app(None if sys.argv[1:] else ["--help"], standalone_mode=False)
        except (HarnessError, typer.TyperException) as error:
            fail(error if isinstance(error, HarnessError) else explain(error))
            code = 2
    sys.exit(code)
