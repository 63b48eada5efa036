"""`harness trend`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.console import AsJson, examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.gate.history import Series
    from harness.analysis.gate.steps import Step

EPILOG = examples(
    "harness trend results/baselines/ci.json",
    "harness trend results/baselines/ci.json --picture trend.svg",
    "harness trend results/monday results/tuesday results/wednesday",
)


def command(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATHS", help="Baselines, whose versions git keeps, and results folders."),
    ],
    picture: Annotated[
        str | None, typer.Option(metavar="FILE", help="Draw it: a file that ends in .svg, .png, .pdf or .html.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show figures over commits, and where they step from one level to another."""
    import json
    from dataclasses import asdict
    from pathlib import Path

    from harness.analysis.gate.history import moments, series
    from harness.analysis.gate.picture import draw
    from harness.analysis.gate.steps import steps
    from harness.cli.console import out

    found = [(one, steps(one)) for one in series(moments(map(Path, paths)))]
    if picture is not None:
        draw([one for one, _ in found], Path(picture))
    if as_json:
        typer.echo(json.dumps([{**asdict(one), "steps": [asdict(s) for s in some]} for one, some in found], indent=1))
        return
    _show(found)
    if picture is not None:
        out.print(f"picture: {picture}", soft_wrap=True)


def _show(found: Sequence[tuple[Series, Sequence[Step]]]) -> None:
    from rich.text import Text

    from harness.analysis.listings.sparkline import sparkline
    from harness.analysis.tables.numbers import ARROWS, value
    from harness.cli.console import out, table

    listing = table(("cell", "task", "metric", "over time", "first", "last", "steps"))
    for column in listing.columns:
        column.overflow = "fold"
    for one, steps in found:
        values = [point.value for point in one.points]
        told = [f"{step.share:+.1%} at {step.at.name} ({step.at.when[:10]})" for step in steps]
        cells = [one.cell, one.task, f"{ARROWS[one.direction]} {one.metric}"]
        cells += [sparkline(values, min(values), max(values), 12) if min(values) > 0 else ""]
        cells += [value(values[0], one.digits), value(values[-1], one.digits), "\n".join(told) or "none"]
        listing.add_row(*map(Text, cells))
    out.print(listing)
    points = max((len(one.points) for one, _ in found), default=0)
    out.print(f"{points} {'states' if points != 1 else 'state'} of the code, the oldest first.", style="dim")
