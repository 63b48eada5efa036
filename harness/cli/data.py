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
    from rich import box
    from rich.table import Table

    from harness.cli.console import out, warn_of_broken
    from harness.data.lookup import dataset
    from harness.registry import install

    plugins = install(plugin or ())
    for name in fetch or ():
        dataset(name).read()
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("data set", "what it is", "size", "licence", "where", "from"):
        table.add_column(heading, no_wrap=heading == "data set")
    for entry in plugins.datasets():
        card = dataset(f"{entry.origin.distribution}/{entry.name}")
        table.add_row(entry.name, card.summary, card.size, card.licence, card.whereabouts(), str(entry.origin))
    out.print(table)
    warn_of_broken(plugins)
