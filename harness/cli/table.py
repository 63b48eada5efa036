"""`harness table`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from harness.cli.console import Metric, Names, Results, examples

if TYPE_CHECKING:
    from harness.analysis.comparison import Comparison
    from harness.analysis.listings.listing import Listing
    from harness.analysis.results import Results as Folder

EPILOG = examples(
    "harness table",
    "harness table results --format markdown",
    "harness table --tasks 'adding*' --sort adding",
    "harness table --cells lstm,gru --metric accuracy --transpose",
    "harness table --format latex > table.tex",
    "harness table --format json | jq",
    "harness table --at steps=500",
    "harness table --pairs --tasks adding",
    "harness table --target accuracy=90 --target adding=0.01",
    "harness table --costs",
    "harness table --tuning",
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
    pairs: Annotated[
        bool, typer.Option("--pairs", help="Every two cells instead: by how much one is better, and how sure that is.")
    ] = False,
    at: Annotated[
        str | None,
        typer.Option(metavar="WHAT=N", help="As it stood at steps=N, seconds=N, tokens=N or flops=N, on validation."),
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="What it takes to reach accuracy=90, of a metric, or of a task."),
    ] = None,
    costs: Annotated[bool, typer.Option("--costs", help="What a time step of each cell costs.")] = False,
    tuning: Annotated[bool, typer.Option("--tuning", help="What the trials of harness run --tune found.")] = False,
) -> None:
    """Print the comparison table of a results folder."""
    from harness.analysis.results import load
    from harness.cli.console import out
    from harness.cli.tables import show
    from harness.registry import split

    shape = {"--sort": sort, "--transpose": transpose}
    if pairs:
        _check_alone({"--pairs": pairs, "--target": target, "--costs": costs, "--tuning": tuning, **shape})
    elif target is not None or costs or tuning:
        others = {"--tuning": tuning, "--at": at, "--metric": metric, **shape}
        _check_alone({"--target": target, "--costs": costs, **others})
        _print(_listing(load(results), split(cells or ()), split(tasks or ()), target, costs=costs), style)
        return
    comparison = load(results, whole=bool(at or metric)).comparison(split(cells or ()), split(tasks or ()), metric, at)
    if sort is not None:
        from harness.analysis.questions.order import ordered

        comparison = ordered(comparison, sort)
    if pairs:
        from harness.analysis.listings.pairs import pair_listing

        _print(pair_listing(comparison), style)
    elif style == "rich":
        show(comparison, out, transpose=transpose)
    else:
        typer.echo(_text(comparison, style, transpose=transpose).rstrip())


def _check_alone(options: dict[str, object]) -> None:
    """Refuse options that mean nothing together.

    Raises:
        HarnessError: more than one is given.
    """
    from harness.errors import HarnessError

    first, *others = [name for name, value in options.items() if value]
    if others:
        raise HarnessError(f"{first} and {others[0]} exclude each other: give one of them.")


def _listing(results: Folder, cells: list[str], tasks: list[str], target: list[str] | None, *, costs: bool) -> Listing:
    """What stands instead of the table: what targets take, what cells cost, or what trials found."""
    from harness.analysis.questions.selection import Selection

    if costs:
        from harness.analysis.listings.costs import cost_listing

        return cost_listing(results.comparison(cells, tasks))
    chosen = Selection(cells, tasks).of(results.records)
    if target is None:
        from harness.analysis.listings.tuning import tuning_listing
        from harness.analysis.questions.tuning import tunings

        return tuning_listing(tunings(chosen))
    from harness.analysis.listings.target import target_listing
    from harness.analysis.questions.target import parse, reach

    return target_listing(reach(chosen, parse(target)))


def _print(listing: Listing, style: str) -> None:
    from harness.analysis.formats.listing import listing_text
    from harness.cli.console import out
    from harness.cli.tables import show_listing

    if style == "rich":
        show_listing(listing, out)
    else:
        typer.echo(listing_text(listing, style).rstrip())


def _text(comparison: Comparison, style: str, *, transpose: bool) -> str:
    if style == "markdown":
        from harness.analysis.formats.markdown import markdown

        return markdown(comparison, transpose=transpose)
    if style == "latex":
        from harness.analysis.formats.latex import latex

        return latex(comparison, transpose=transpose)
    if style == "html":
        from harness.analysis.formats.html import html

        return html(comparison, transpose=transpose)
    from harness.analysis.formats.flat import csv_text, json_text

    return csv_text(comparison) if style == "csv" else json_text(comparison)
