"""The command line: one module a command."""

from __future__ import annotations

import sys

import typer

from harness.cli import cells, data, plugins, run, runs, table, tasks
from harness.errors import HarnessError

app = typer.Typer(
    name="harness",
    help="Compare recurrent cells: same tasks, equal budget, honest statistics.",
    epilog="Start with: harness run --cells lstm,gru --tasks all",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # a bug keeps its plain traceback
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (run, table, runs, cells, tasks, data, plugins):
    app.command(module.__name__.rpartition(".")[2], epilog=module.EPILOG)(module.command)


def main() -> None:
    """The entry point: a user's mistake is one sentence and exit code 2."""
    try:
        app()
    except HarnessError as error:
        from harness.cli.console import fail

        fail(error)
        sys.exit(2)
