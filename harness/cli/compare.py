"""`harness compare`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.console import Plugin, Verbose, examples

if TYPE_CHECKING:
    from pathlib import Path

EPILOG = examples(
    "harness compare results/baselines/ci.json",
    "harness compare results/baselines/ci.json --junit gate.xml --json gate.json",
    "harness compare results/baselines/ci.json --first-seed 100",
    "harness compare results/baselines/ci.json results/ci",
)


def command(
    baseline: Annotated[str, typer.Argument(metavar="BASELINE.json", help="Written by harness baseline.")],
    results: Annotated[
        str | None,
        typer.Argument(
            metavar="RESULTS", help="A results folder; unless given, the suite is run anew.", show_default=False
        ),
    ] = None,
    first_seed: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Run with other seeds: N, N + 1, and so on.")
    ] = None,
    out: Annotated[str | None, typer.Option(metavar="DIR", help="Keep the results of the run in a new folder.")] = None,
    workers: Annotated[int | None, typer.Option(min=0, help="Worker processes, as of harness run.")] = None,
    junit: Annotated[str | None, typer.Option(metavar="FILE.xml", help="Write JUnit XML, too.")] = None,
    as_json: Annotated[str | None, typer.Option("--json", metavar="FILE.json", help="Write JSON, too.")] = None,
    markdown: Annotated[
        str | None,
        typer.Option(metavar="FILE.md", help="Write Markdown, too; into GITHUB_STEP_SUMMARY where that is set."),
    ] = None,
    plugin: Plugin = None,
    verbose: Verbose = False,  # noqa: ARG001 - its callback takes it
) -> None:
    """Hold results against a baseline: better, same, worse, or not comparable.

    Exit code 0: nothing is worse. 1: something is. 2: something cannot be compared, or is not usable.
    """
    import os
    from pathlib import Path

    from harness.analysis.gate import formats
    from harness.analysis.gate.baseline import Baseline
    from harness.cli.gate import gather, show
    from harness.errors import HarnessError

    if results is not None and (given := [n for n, v in (("first-seed", first_seed), ("out", out)) if v is not None]):
        raise HarnessError(f"--{given[0]} is for running the suite: leave it, or leave out {results}.")
    loaded = Baseline.load(Path(baseline))
    loaded = loaded.model_copy(update={"suite": loaded.suite.with_plugins(plugin or ())})
    judgement = gather(loaded, results, first_seed, out, workers)
    show(judgement)
    for path, text in ((junit, formats.junit), (as_json, formats.json_text), (markdown, formats.markdown)):
        if path is not None:
            _write(Path(path), text(judgement))
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(f"### harness compare {baseline}\n\n{formats.markdown(judgement)}\n")
    raise typer.Exit(judgement.exit_code)


def _write(path: Path, text: str) -> None:
    from harness.errors import HarnessError

    try:
        path.write_text(text.rstrip() + "\n", encoding="utf-8")
    except OSError as error:
        raise HarnessError(f"{path} cannot be written: {error.strerror}.") from error
