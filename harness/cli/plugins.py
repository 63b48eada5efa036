"""`harness plugins`."""

from __future__ import annotations

from collections import Counter

import typer

from harness.cli.console import Plugin, Verbose, examples

EPILOG = examples("harness plugins", "harness plugins --verbose", "harness plugins --plugin my_cell.py")


def command(
    plugin: Plugin = None,
    verbose: Verbose = False,  # noqa: ARG001 - its callback takes it
) -> None:
    """List the plugins: what each offers, and which could not be loaded and why."""
    from rich import box
    from rich.table import Table

    from harness.cli.console import out, warn_of_broken
    from harness.registry import install

    plugins = install(plugin or ())
    offers = {
        kind: Counter(entry.plugin for entry in catalog)
        for kind, catalog in (("cells", plugins.cells()), ("tasks", plugins.tasks()), ("data sets", plugins.datasets()))
    }
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("plugin", "offers", "from"):
        table.add_column(heading)
    for name, origin in plugins.origins.items():
        counts = [f"{offers[kind][name]} {kind}" for kind in offers if offers[kind][name]]
        table.add_row(name, ", ".join(counts) or "listens", str(origin))
    out.print(table)
    warn_of_broken(plugins)
    if any(broken.asked for broken in plugins.broken):
        raise typer.Exit(2)
