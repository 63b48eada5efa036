"""`harness data`."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli.console import Plugin, Verbose, examples

EPILOG = examples("harness data", "harness data --fetch kjv", "HARNESS_DATA=/mnt/mirror harness data")


def command(
    plugin: Plugin = None,
    fetch: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Fetch and verify this data set now. Repeatable.")
    ] = None,
    verbose: Verbose = False,  # noqa: ARG001 - its callback takes it
) -> None:
    """List the data sets: what each is, its size and licence, and whether it is on this machine."""
    from rich.text import Text

    from harness.cli.console import out, table, warn_of_broken
    from harness.data.lookup import dataset
    from harness.registry import install

    plugins = install(plugin or ())
    for name in fetch or ():
        dataset(name).read()
    listing = table(("data set", "what it is", "size", "licence", "where"))
    for entry in plugins.datasets():
        card = dataset(f"{entry.origin.distribution}/{entry.name}")
        listing.add_row(*map(Text, (entry.name, card.summary, card.size, card.licence, card.whereabouts())))
    out.print(listing)
    if warn_of_broken(plugins):
        raise typer.Exit(2)
