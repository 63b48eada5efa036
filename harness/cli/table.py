"""`harness table`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from harness.cli.console import Metric, Names, Results, examples

if TYPE_CHECKING:
    from harness.analysis.comparison import Comparison

EPILOG = examples(
    "harness table",
    "harness table results --format markdown",
    "harness table --tasks 'adding*' --sort adding",
    "harness table --cells lstm,gru --metric accuracy --transpose",
    "harness table --format latex > table.tex",
    "harness table --format json | jq",
    "harness table --at steps=500",
)


def command(
    results: Results = "results",
    style: Annotated[
        Literal["rich", "markdown", "csv", "json", "latex", "html"], typer.Option("--format", help="How to print.")
    ] = "rich",
    cells: Names = None,
    tasks: Names = None,
    metric: Metric = None,
    sort: Annotated[
        str | None,
        typer.Option(
            metavar="BY", help="Order of cells: cell, a task (best first), or a number of the CSV; -BY turns it round."
        ),
    ] = None,
    transpose: Annotated[bool, typer.Option("--transpose", help="Tasks as rows, cells as columns.")] = False,
    at: Annotated[
        str | None,
        typer.Option(metavar="WHAT=N", help="As it stood at steps=N, seconds=N, tokens=N or flops=N, on validation."),
    ] = None,
) -> None:
    """Print the comparison table of a results folder."""
    from harness.analysis.results import load
    from harness.analysis.selection import ordered
    from harness.cli.console import out
    from harness.cli.tables import show
    from harness.registry import split

    comparison = load(results, whole=bool(at or metric)).comparison(split(cells or ()), split(tasks or ()), metric, at)
    if sort is not None:
        comparison = ordered(comparison, sort)
    if style == "rich":
        show(comparison, out, transpose=transpose)
    else:
        typer.echo(_text(comparison, style, transpose=transpose).rstrip())


def _text(comparison: Comparison, style: str, *, transpose: bool) -> str:
    from harness.analysis import formats

    if style == "markdown":
        return formats.markdown(comparison, transpose=transpose)
    if style == "latex":
        from harness.analysis.latex import latex

        return latex(comparison, transpose=transpose)
    if style == "html":
        from harness.analysis.markup import html

        return html(comparison, transpose=transpose)
    return formats.csv_text(comparison) if style == "csv" else formats.json_text(comparison)
