"""`harness tasks`."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli.console import Plugin, Verbose, examples

EPILOG = examples("harness tasks", "harness tasks --plugin my_task.py", "harness tasks --json")


def command(
    plugin: Plugin = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    verbose: Verbose = False,  # noqa: ARG001 - its callback takes it
) -> None:
    """List the tasks: what each asks for, its options, its source, and where it comes from."""
    from harness.cli.console import warn_of_broken
    from harness.cli.listing import show
    from harness.registry import install

    plugins = install(plugin or ())
    show(plugins.tasks(), as_json=as_json)
    warn_of_broken(plugins)
    if any(broken.asked for broken in plugins.broken):
        raise typer.Exit(2)
