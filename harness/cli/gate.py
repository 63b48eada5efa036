"""Gathering what is compared with a baseline, and showing the verdicts."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import typer
from rich.text import Text

from harness.analysis.gate import speed
from harness.analysis.gate.figures import figures
from harness.analysis.gate.formats import HEADINGS, ordered, rows
from harness.analysis.gate.verdicts import judge
from harness.cli.console import out, table
from harness.errors import HarnessError
from harness.runs.store import Store

if TYPE_CHECKING:
    from harness.analysis.gate.baseline import Baseline
    from harness.analysis.gate.verdict import Judgement
    from harness.runs.suite import Suite

TRIES = 3
"""How often what seems slower is timed: a cell that has become slower is slower each time."""
STYLES = {"worse": "bold red", "not comparable": "yellow", "better": "green", "same": "", "identical": "dim"}


def gather(
    baseline: Baseline, results: str | None, first_seed: int | None, kept: str | None, workers: int | None
) -> Judgement:
    """The judgement on a results folder, or on the suite of the baseline, which is run for it.

    Raises:
        HarnessError: there is nothing to compare.
    """
    if results is not None:
        return _judged(baseline, Path(results))
    suite = baseline.suite if first_seed is None else baseline.suite.model_copy(update={"first_seed": first_seed})
    if kept is None:
        with TemporaryDirectory(prefix="harness-") as folder:
            return _run(baseline, suite, Path(folder), workers)
    if (Path(kept) / "runs.sqlite").exists():
        raise HarnessError(f"{kept} has results already, of which some might be old: name a new folder with --out.")
    return _run(baseline, suite, Path(kept), workers)


def _run(baseline: Baseline, suite: Suite, folder: Path, workers: int | None) -> Judgement:
    """Run a suite where nothing was run before, so that nothing old is taken for new."""
    from harness.cli.check import check
    from harness.cli.session import Session
    from harness.cli.speed import time_suite
    from harness.registry import install
    from harness.runs.building import load_cell
    from harness.runs.executors import usual
    from harness.testing import Subject

    cells = suite.plan().cells
    checked = {entry.cell for entry in baseline.figures if entry.checked}
    for cell in cells:  # before the runs, whose records take over the certificate: one in the cache may be older
        if cell.label in checked:
            check(cell, Subject(*load_cell(cell, suite.plugins), cell.label), silent=True)
    executor = usual(install(suite.plugins), workers)
    code = Session(suite.request(), folder, executor, suite, table=False).run()
    if code:
        raise typer.Exit(code)
    judgement = _judged(baseline, folder)
    for _ in range(TRIES - 1):
        if not any(verdict.kind == "worse" and verdict.metric in speed.PHASES for verdict in judgement.verdicts):
            break
        time_suite(suite, folder, speed.load(folder))
        judgement = _judged(baseline, folder)
    return judgement


def _judged(baseline: Baseline, folder: Path) -> Judgement:
    with closing(Store(folder)) as store:
        records = store.runs()
    environment = records[-1].environment if records else {}
    return judge(baseline, figures(records), speed.load(folder), environment)


def show(judgement: Judgement) -> None:
    """Print a line a verdict, those that need somebody first, the notes and the sum."""
    listing = table(HEADINGS)
    for heading, column in zip(HEADINGS, listing.columns, strict=True):
        column.overflow = "fold"
        column.no_wrap = heading in {"baseline", "now"}
        column.justify = "right" if heading in {"baseline", "now"} else "left"
    for verdict, row in zip(ordered(judgement), rows(judgement), strict=True):
        cells = [Text(text) for text in row]
        cells[-1].stylize(STYLES[verdict.kind])
        listing.add_row(*cells)
    out.print(listing)
    for note in judgement.notes:
        out.print(Text(note, style="dim"))
    out.print(f"{judgement.summary()} · exit {judgement.exit_code}", soft_wrap=True)
