"""`harness table`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from harness.cli.console import Results, examples

EPILOG = examples(
    "harness table",
    "harness table results --format markdown",
    "harness table --format json | jq",
    "harness table --at steps=500",
)


def command(
    results: Results = "results",
    style: Annotated[
        Literal["rich", "markdown", "csv", "json"], typer.Option("--format", help="How to print.")
    ] = "rich",
    at: Annotated[
        str | None,
        typer.Option(metavar="WHAT=N", help="As it stood at steps=N, seconds=N, tokens=N or flops=N, on validation."),
    ] = None,
) -> None:
    """Print the comparison table of a results folder."""
    from contextlib import closing
    from pathlib import Path

    from harness.analysis.budget import Budget, compare_at
    from harness.analysis.comparison import compare
    from harness.analysis.formats import csv_text, json_text, markdown
    from harness.cli.console import out
    from harness.cli.tables import show
    from harness.runs.store import Store

    with closing(Store(Path(results))) as store:
        if at is None:
            comparison = compare(store.runs(), store.baselines())
        else:
            comparison = compare_at(store.runs(), Budget.parse(at))
    if style == "rich":
        show(comparison, out)
    else:
        typer.echo({"markdown": markdown, "csv": csv_text, "json": json_text}[style](comparison).rstrip())
