"""`harness cells`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from harness.cli.console import examples, out, table
from harness.cli.listing import lister

if TYPE_CHECKING:
    from harness.registry import Entry

EPILOG = examples(
    "harness cells", "harness cells lstm", "harness cells my-cell --plugin my_cell.py --verbose", "harness cells --json"
)


def show_engines(entries: list[Entry]) -> None:
    """Print what runs each cell over time, and why it is not compiled where it is not."""
    from harness.modeling.trial import engine_of

    listing = table(("cell", "runs in"))
    for entry in entries:
        if not entry.refusal:
            listing.add_row(Text(entry.name), Text(engine_of(entry)))
    out.print()
    out.print(listing)


command = lister(
    lambda plugins: plugins.cells(),
    "List the cells: what each is, its source, and where it comes from; with --verbose, what runs it over time.",
    show_engines,
)
