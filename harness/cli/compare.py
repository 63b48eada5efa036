"""`harness compare`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.console import Plugin, Verbose, examples

if TYPE_CHECKING:
    from collections.abc import Sequence
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
    source = Path(baseline)
    loaded = Baseline.load(source)
    loaded = loaded.model_copy(update={"suite": loaded.suite.with_plugins(plugin or ())})
    kinds = ((junit, formats.junit), (as_json, formats.json_text), (markdown, formats.markdown))
    wanted = [(Path(path), text) for path, text in kinds if path is not None]
    _check([path for path, _ in wanted], source)
    judgement = gather(loaded, results, first_seed, out, workers)
    show(judgement)
    for path, text in wanted:
        _write(path, text(judgement))
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        _write(Path(summary), f"### harness compare {baseline}\n\n{formats.markdown(judgement)}", more=True)
    raise typer.Exit(judgement.exit_code)


def _check(files: Sequence[Path], baseline: Path) -> None:
    """See that files can be written, before minutes go into what is to stand in them.

    Raises:
        HarnessError: one cannot, or would take the place of the baseline or of another one.
    """
    from harness.errors import HarnessError

    taken = {baseline.resolve(): "the baseline"}
    for path in files:
        if not path.parent.is_dir():
            raise HarnessError(f"{path} cannot be written: there is no folder {path.parent}.")
        if path.is_dir():
            raise HarnessError(f"{path} cannot be written: it is a folder.")
        if path.resolve() in taken:
            raise HarnessError(f"{path} is {taken[path.resolve()]} already: name another file.")
        taken[path.resolve()] = "to be written"


def _write(path: Path, text: str, *, more: bool = False) -> None:
    """Write a text as a file, which may be /dev/stdout; or to the end of one.

    Raises:
        HarnessError: it cannot be written.
    """
    from harness.errors import HarnessError

    try:
        with path.open("a" if more else "w", encoding="utf-8") as file:
            file.write(text.rstrip() + "\n")
    except OSError as error:
        raise HarnessError(f"{path} cannot be written: {error.strerror}.") from error
