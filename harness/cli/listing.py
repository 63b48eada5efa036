"""What `harness cells` and `harness tasks` share: a line each, or all about one, without importing any."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from rich.text import Text

from harness.cli.console import out, table

if TYPE_CHECKING:
    from harness.registry import Catalog, Entry


def show(catalog: Catalog, *, as_json: bool) -> None:
    """Print name, what it is, source and origin of all that a catalogue has, a line each."""
    entries = [about(entry) for entry in catalog]
    if as_json:
        out.print_json(json.dumps(entries))
        return
    listing = table((catalog.kind, "what it is", "source", "from"))
    listing.columns[0].no_wrap = listing.columns[3].no_wrap = True  # the others give way on a narrow terminal
    for entry in entries:
        summary = re.split(r"[:;]", entry["summary"])[0]
        source = re.split(r"[,:;]", entry["source"])[0].rstrip(".")
        listing.add_row(Text(entry["name"]), _line(summary), _line(source), Text(entry["from"]))
    out.print(listing)


def detail(entry: Entry, *, as_json: bool) -> None:
    """Print all about one: what it is, its options with their defaults, its source, its origin."""
    whole = about(entry)
    if as_json:
        out.print_json(json.dumps(whole))
        return
    out.print(Text.assemble((whole["name"], "bold"), f"  ({whole['from']})\n{whole['summary']}."))
    if whole["options"]:
        out.print(Text("options: " + ", ".join(f"{name} ({default})" for name, default in whole["options"].items())))
    if whole["source"]:
        out.print(Text("source: " + whole["source"]))


def _line(text: str) -> Text:
    return Text(text, no_wrap=True, overflow="ellipsis")


def about(entry: Entry) -> dict[str, Any]:
    """What an entry says of itself."""
    description = entry.describe()
    return {
        "name": entry.name,
        "summary": description.summary,
        "options": description.options,
        "source": description.citation,
        "from": str(entry.origin),
    }
