"""The table in HTML: a part of a page, without style or script of its own."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from harness.analysis.tables.costs import NAMES, cost_headings, cost_rows
from harness.analysis.tables.footnotes import footnotes
from harness.analysis.tables.overview import overview
from harness.analysis.tables.sheet import sheet

if TYPE_CHECKING:
    from harness.analysis.comparison import Comparison


@lru_cache(maxsize=1)
def templates() -> Environment:
    """The templates of the analysis; what they are given is escaped, and a name that they are not given is an error."""
    return Environment(
        loader=PackageLoader("harness.analysis", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def html(comparison: Comparison, *, transpose: bool = False) -> str:
    """The table of scores, the notes, and the table of costs."""
    return (
        templates()
        .get_template("table.html")
        .render(
            scores=sheet(comparison, transpose=transpose),
            notes=footnotes(comparison),
            overview=overview(comparison),
            headings=cost_headings(comparison),
            costs=cost_rows(comparison),
            names=NAMES,
        )
    )
