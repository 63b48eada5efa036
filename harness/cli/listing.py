"""What `harness cells` and `harness tasks` share: a line each, without importing any."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from harness.cli.console import out

if TYPE_CHECKING:
    from harness.registry import Catalog


def show(catalog: Catalog, *, as_json: bool) -> None:
    """Print name, what it is, options, source and origin of all that a catalogue has."""
    rows = [(entry, entry.describe()) for entry in catalog]
    if as_json:
        listed = [
            {
                "name": entry.name,
                "summary": about.summary,
                "options": about.options,
                "source": about.citation,
                "distribution": entry.origin.distribution,
                "version": entry.origin.version,
            }
            for entry, about in rows
        ]
        out.print_json(json.dumps(listed))
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(catalog.kind, no_wrap=True)
    for heading in ("what it is", "options (default)", "source", "from"):
        table.add_column(heading)
    for entry, about in rows:
        options = ", ".join(f"{name} ({default})" for name, default in about.options.items())
        table.add_row(entry.name, about.summary, options, about.citation, str(entry.origin))
    out.print(table)
