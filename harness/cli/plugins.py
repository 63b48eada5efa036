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
    from harness.cli.console import out, table, warn_of_broken
    from harness.registry import install

    plugins = install(plugin or ())
    offers = {
        kind: Counter(entry.plugin for entry in catalog)
        for kind, catalog in (("cells", plugins.cells()), ("tasks", plugins.tasks()), ("data sets", plugins.datasets()))
    }
    listing = table(("plugin", "offers", "from"))
    for name, origin in plugins.origins.items():
        counts = [f"{n} {kind if n > 1 else kind[:-1]}" for kind in offers if (n := offers[kind][name])]
        listing.add_row(name, ", ".join(counts) or "listens", str(origin))
    out.print(listing)
    if warn_of_broken(plugins):
        raise typer.Exit(2)
