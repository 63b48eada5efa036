"""A listing in Markdown, CSV or JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from harness.analysis.formats.flat import finite, rows_csv
from harness.analysis.formats.pipes import escape, pipe_table
from harness.errors import HarnessError

if TYPE_CHECKING:
    from harness.analysis.listings.listing import Listing


def listing_text(listing: Listing, style: str) -> str:
    """As Markdown, CSV or JSON.

    Raises:
        HarnessError: it does not come in that style.
    """
    objects = [{name: finite(entry) for name, entry in one.items()} for one in listing.objects]
    if style == "json":
        return json.dumps(objects, indent=2, ensure_ascii=False)
    if style == "csv":
        return rows_csv(objects)
    if style != "markdown":
        raise HarnessError(f"this comes as rich, markdown, csv or json: {style} was asked for.")
    notes = "\n".join(f"- {escape(note)}" for note in listing.notes)
    return pipe_table(listing.headings, ([escape(text) for text in row] for row in listing.rows)) + "\n" + notes
