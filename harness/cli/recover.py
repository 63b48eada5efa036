"""`harness recover`."""

from __future__ import annotations

import typer

from harness.cli.console import Results, examples

EPILOG = examples("harness recover", "harness recover results/night")
NAMED = 10
"""Lost runs that are named."""


def command(results: Results = "results") -> None:
    """Save what can be read of a damaged results folder; the damaged file is kept, and nothing of it is changed."""
    from pathlib import Path

    from harness.cli.console import out
    from harness.runs.recovery import recover

    found = recover(Path(results))
    if found.aside is None:
        typer.echo(f"{results} is not damaged: each of its {found.rows} records is what was written.")
        return
    records = "1 record is" if found.rows == 1 else f"{found.rows} records are"
    typer.echo(f"{records} safe and kept: harness runs {results} lists them. The damaged file is {found.aside}.")
    if found.lost:
        more = f" and {len(found.lost) - NAMED} more" if len(found.lost) > NAMED else ""
        names = ", ".join(key[:8] for key in found.lost[:NAMED])
        out.print(f"{len(found.lost)} cannot be read any more: {names}{more}.", soft_wrap=True)
    out.print("The `harness run` that made them goes on with what is missing.", soft_wrap=True)
