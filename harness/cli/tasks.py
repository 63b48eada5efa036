"""`harness tasks`."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli.console import AsJson, Plugin, Verbose, examples

EPILOG = examples("harness tasks", "harness tasks adding", "harness tasks --plugin my_task.py", "harness tasks --json")


def command(
    name: Annotated[str | None, typer.Argument(help="All about this one.", show_default=False)] = None,
    plugin: Plugin = None,
    as_json: AsJson = False,
    verbose: Verbose = False,  # noqa: ARG001 - its callback takes it
) -> None:
    """List the tasks: what each asks for, its source, and where it comes from."""
    from harness.cli.console import warn_of_broken
    from harness.cli.listing import detail, show
    from harness.registry import install

    plugins = install(plugin or ())
    catalog = plugins.tasks()
    if name:
        detail(catalog.find(name), as_json=as_json)
    else:
        show(catalog, as_json=as_json)
    if warn_of_broken(plugins):
        raise typer.Exit(2)
