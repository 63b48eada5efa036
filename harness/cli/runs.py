"""`harness runs`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from harness.cli.console import Results, examples

EPILOG = examples("harness runs", "harness runs --failed", "harness runs results --format json")


def command(
    results: Results = "results",
    style: Annotated[Literal["rich", "csv", "json"], typer.Option("--format", help="How to print.")] = "rich",
    failed: Annotated[bool, typer.Option("--failed", help="Only those that did not finish.")] = False,
) -> None:
    """List every run of a results folder: its scores, its size, its time, and how it ended."""
    import json
    from contextlib import closing
    from pathlib import Path

    from harness.analysis.formats.flat import rows_csv
    from harness.analysis.formats.runs import run_rows
    from harness.cli.console import out
    from harness.cli.tables import show_runs
    from harness.runs.store import Store

    with closing(Store(Path(results))) as store:
        records = [record for record in store.runs() if not failed or record.status != "finished"]
    if style == "rich":
        show_runs(records, out, results if failed else None)
    elif style == "csv":
        typer.echo(rows_csv(run_rows(records)).rstrip())
    else:
        typer.echo(json.dumps(run_rows(records), indent=2, ensure_ascii=False))
