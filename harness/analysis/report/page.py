"""The page: everything that the template shows."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from markupsafe import Markup

from harness import __version__
from harness.analysis.figures.look import colour, mark
from harness.analysis.figures.tradeoffs import COSTS
from harness.analysis.formats.html import templates
from harness.analysis.listings.costs import cost_listing
from harness.analysis.listings.pairs import pair_listing
from harness.analysis.listings.tuning import tuning_listing
from harness.analysis.questions.tuning import tunings
from harness.analysis.report import listing, trials
from harness.analysis.report.budgets import outcomes
from harness.analysis.report.charts import gradients, learning, memory, quality
from harness.analysis.report.commands import command
from harness.analysis.report.grid import grid
from harness.analysis.report.over_tasks import profile, ranks
from harness.analysis.report.samples import samples
from harness.analysis.report.verdict import verdict
from harness.analysis.tables.costs import NAMES, cost_headings, cost_rows
from harness.analysis.tables.footnotes import footnotes
from harness.analysis.tables.overview import overview

if TYPE_CHECKING:
    from harness.analysis.comparison import Comparison
    from harness.analysis.listings.listing import Listing


def page(comparison: Comparison, title: str) -> str:
    """The report as one HTML file that loads nothing from anywhere.

    Whatever a plugin controls is escaped by the template. That nothing runs but the page's own script is held by its
    content security policy, too, which knows the script by its hash.

    Args:
        comparison: what it is about.
        title: of the page.
    """
    cells = dict.fromkeys([*comparison.cells, *(trial.spec.row for trial in comparison.trials)])
    numbers = {cell: number for number, cell in enumerate(cells)}
    columns = comparison.columns
    script = templates().get_template("report.js").render()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    curves = [chart for column in columns if (chart := learning(column, numbers))]
    return templates().get_template("report.html").render(
        title=title,
        version=__version__,
        verdict=verdict(comparison),
        cells=[(number, cell, mark(number), colour(number), colour(number, dark=True))
               for cell, number in numbers.items()],
        numbers=numbers,
        tasks=len(columns),
        grid=grid(comparison),
        notes=footnotes(comparison),
        headings=cost_headings(comparison),
        rows=list(zip(cost_rows(comparison), _commands(comparison), strict=True)),
        names=NAMES,
        overview=overview(comparison),
        ranks=ranks(comparison, numbers),
        profile=profile(comparison, numbers),
        pairs=pair_listing(comparison),
        steps=_told(cost_listing(comparison)),
        tuning=tuning_listing(tunings(comparison.trials)),
        expected=trials.expected(comparison, numbers),
        rates=trials.rates(comparison, numbers),
        budgets=outcomes(comparison),
        curves=curves,
        quality={by: drawn for by in COSTS if (drawn := quality(comparison, by, numbers))},
        memory=memory(comparison, numbers),
        gradients=[chart for column in columns for chart in gradients(column, numbers)],
        samples=[(column.title, found) for column in columns if (found := samples(column, comparison.cells))],
        failures=listing.failures(comparison),
        runs=listing.runs(comparison),
        machines=listing.machines(comparison),
        script=Markup(script),  # noqa: S704 - a file of ours, into which nothing is put
        digest=digest,
    )  # fmt: skip


def _told(found: Listing) -> Listing:
    """The rows that have more than names."""
    return replace(found, rows=[row for row in found.rows if any(row[found.names :])])


def _commands(comparison: Comparison) -> list[str]:
    """For each row of the table of costs, how to have its runs again."""
    return [command([run.spec for run in column.runs[cell]]) for column in comparison.columns for cell in column.scores]
