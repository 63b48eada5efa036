"""`harness plot`."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli.console import Metric, Names, Results, examples

EPILOG = examples(
    "harness plot curves",
    "harness plot time results --tasks char-lm -o time.pdf",
    "harness plot memory results --cells elman,lstm -o memory.png",
)


def command(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND",
            help="curves (of learning); parameters, time or flops (quality against them, with the Pareto front); "
            "gradients (over time steps); memory (share solved, by a task's option); ranks, profile (of all tasks); "
            "tuning, rates (of the trials of --tune).",
        ),
    ],
    results: Results = "results",
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="A .svg, .png, .pdf or .html; KIND.svg in the results folder unless given.",
        ),
    ] = None,
    cells: Names = None,
    tasks: Names = None,
    metric: Metric = None,
) -> None:
    """Draw a picture of a results folder: a small chart a task."""
    from pathlib import Path

    from harness.analysis.figures.pictures import kind_of
    from harness.analysis.figures.sketch import check, save
    from harness.analysis.results import load
    from harness.cli.console import out
    from harness.registry import split

    draw = kind_of(kind)
    path = Path(output) if output is not None else Path(results) / f"{kind}.svg"
    check(path)
    comparison = load(results).comparison(split(cells or ()), split(tasks or ()), metric)
    save(draw(comparison), path)
    out.print(f"picture: {path}", soft_wrap=True)
