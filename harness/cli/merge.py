"""`harness merge`."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli.console import examples

EPILOG = examples("harness merge shard-1 shard-2 -o results", "harness merge laptop/results server/results -o both")


def command(
    folders: Annotated[list[str], typer.Argument(metavar="RESULTS...", help="The results folders.")],
    output: Annotated[str, typer.Option("--output", "-o", metavar="DIR", help="The new folder, which joins them.")],
) -> None:
    """Join results folders, for example those of `harness run --shard`: each run once, with its weights.

    Folders that contradict each other are refused: a run has one result.
    """
    from contextlib import closing
    from pathlib import Path

    from harness.analysis.files import BESIDE, write_files
    from harness.cli.console import out
    from harness.runs.merge import merge
    from harness.runs.store import Store

    merged = merge([Path(folder) for folder in folders], Path(output), BESIDE)
    with closing(Store(Path(output))) as store:
        write_files(store)
    runs = f"{merged.runs} run{'' if merged.runs == 1 else 's'}"
    baselines = f"{merged.baselines} set{'' if merged.baselines == 1 else 's'} of baselines"
    sources = f"{len(folders)} folder{'' if len(folders) == 1 else 's'}"
    repeated = f"; {merged.repeated} of them were in more than one" if merged.repeated else ""
    out.print(f"{output}: {runs} and {baselines} of {sources}{repeated} · harness table {output}", soft_wrap=True)
