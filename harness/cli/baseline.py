"""`harness baseline`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.console import Results, examples

if TYPE_CHECKING:
    from pathlib import Path

    from harness.analysis.gate.baseline import Baseline

EPILOG = examples(
    "harness run --suite ci.toml --out results/ci",
    "harness baseline results/ci -o results/baselines/ci.json",
)


def command(
    results: Results = "results",
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE.json", help="Where it is written; an older one is renewed.")
    ] = "baseline.json",
    suite: Annotated[
        str | None, typer.Option(metavar="FILE.toml", help="With other tolerances than those it was run with.")
    ] = None,
) -> None:
    """Write a baseline from a results folder: a small text file to commit, for `harness compare`."""
    from contextlib import closing
    from pathlib import Path

    from harness.analysis.gate import speed
    from harness.analysis.gate.baseline import Baseline
    from harness.analysis.gate.spread import warnings
    from harness.cli.console import err, out
    from harness.runs.store import Store
    from harness.runs.suite import FILE, Suite

    folder, path = Path(results), Path(output)
    with closing(Store(folder)) as store:
        records = store.runs()
    loaded = Suite.load(Path(suite) if suite else folder / FILE)
    baseline = Baseline.of(records, loaded, speed.load(folder), str(folder))
    _write(path, baseline)
    entries = len(baseline.figures)
    out.print(f"{path}: {entries} {'entries' if entries != 1 else 'entry'} · harness compare {path}", soft_wrap=True)
    for warning in warnings(baseline):
        err.print(warning, soft_wrap=True, markup=False)


def _write(path: Path, baseline: Baseline) -> None:
    """Write a new file, or in place of an older baseline; somebody else's file stays.

    Raises:
        HarnessError: it is somebody else's, or cannot be written.
    """
    from harness.analysis.files import keep
    from harness.analysis.gate.baseline import is_baseline
    from harness.errors import HarnessError
    from harness.runs.durable import make_folder

    if path.exists() and not is_baseline(path):
        raise HarnessError(f"{path} is no baseline, so it is not overwritten: name another file.")
    try:
        make_folder(path.parent)
    except OSError as error:
        raise HarnessError(
            f"{path} cannot be written: there is no folder {path.parent}, nor can it be made."
        ) from error
    keep(path, baseline.text())
