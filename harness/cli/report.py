"""`harness report`."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli.console import Metric, Names, Results, examples

EPILOG = examples("harness report", "harness report results --tasks 'adding*' -o adding.html")


def command(
    results: Results = "results",
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="The file; report.html in the results folder unless given."
        ),
    ] = None,
    cells: Names = None,
    tasks: Names = None,
    metric: Metric = None,
) -> None:
    """Write all that a results folder tells into one HTML file: table, pictures, samples, every run."""
    from pathlib import Path

    from harness.analysis.report import write
    from harness.analysis.results import load
    from harness.cli.console import out
    from harness.registry import split

    loaded = load(results)
    comparison = loaded.comparison(split(cells or ()), split(tasks or ()), metric)
    path = Path(output) if output is not None else Path(results) / "report.html"
    write(comparison, path, loaded.folder.resolve().name)
    out.print(f"report: {path} ({path.stat().st_size / 1e6:.1f} MB)", soft_wrap=True)
