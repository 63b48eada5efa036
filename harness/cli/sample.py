"""`harness sample`."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli.console import examples

EPILOG = examples(
    'harness sample 3f1c --prompt "In the beginning" --temperature 0.8 --length 500',
    "harness sample 9ab2 --prompt harness",
    "harness sample 9ab2 --results results/reference/full",
)


def command(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="The run, or how its name begins; `harness runs` lists them.")
    ],
    prompt: Annotated[str | None, typer.Option(help="How the text begins, or an input of the task.")] = None,
    temperature: Annotated[
        float | None, typer.Option(min=0, help="Lower is safer, higher more daring. 0.8 unless given.")
    ] = None,
    length: Annotated[int | None, typer.Option(min=1, help="Symbols to write. 200 unless given.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of the choices. 0 unless given.")] = None,
    results: Annotated[str, typer.Option(metavar="DIR", help="The results folder.")] = "results",
) -> None:
    """Let the model of a finished run write text, or show its answers."""
    from contextlib import closing
    from pathlib import Path

    from harness.runs.store import Store

    with closing(Store(Path(results))) as store:
        record = store.run(run)

    from harness.runs.sample import Wish, sample

    typer.echo(sample(Path(results), record, Wish(prompt, temperature, length, seed)))
