"""`harness table`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from harness.cli.console import Results, examples

EPILOG = examples("harness table", "harness table results --format markdown", "harness table --format json | jq")


def command(
    results: Results = "results",
    style: Annotated[
        Literal["rich", "markdown", "csv", "json"], typer.Option("--format", help="How to print.")
    ] = "rich",
) -> None:
    """Print the comparison table of a results folder."""
    from contextlib import closing
    from pathlib import Path

    from harness.analysis.comparison import compare
    from harness.analysis.formats import csv_text, json_text, markdown
    from harness.cli.console import out
    from harness.cli.tables import show
    from harness.runs.store import Store

    with closing(Store(Path(results))) as store:
        comparison = compare(store.runs(), store.baselines())
    if style == "rich":
        show(comparison, out)
    else:
        typer.echo({"markdown": markdown, "csv": csv_text, "json": json_text}[style](comparison).rstrip())
