"""What `harness cells` and `harness tasks` share: a line each, or all about one, without importing any."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from harness.cli.console import AsJson, Plugin, Verbose, out, table, warn_of_broken

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.registry import Catalog, Entry, Plugins


_AUTHOR = re.compile(r"\b([A-Z][\w'-]+)(?:,? (?:and|et al\.,?|[A-Z][\w'-]+))* \(?((?:19|20)\d\d)\b")
_SCHEME = re.compile(r"^https?://(?:www\.)?")


def lister(
    catalog_of: Callable[[Plugins], Catalog], help_text: str, more: Callable[[list[Entry]], None] | None = None
) -> Callable[..., None]:
    """The command that lists one kind of thing that plugins offer; `more` adds what only `--verbose` shows."""

    def command(
        name: Annotated[str | None, typer.Argument(help="All about this one.", show_default=False)] = None,
        plugin: Plugin = None,
        as_json: AsJson = False,
        verbose: Verbose = False,
    ) -> None:
        from harness.registry import install

        plugins = install(plugin or ())
        catalog = catalog_of(plugins)
        if name:
            detail(catalog.find(name), as_json=as_json)
        else:
            show(catalog, as_json=as_json)
        if verbose and more and not as_json:
            more([catalog.find(name)] if name else list(catalog))
        if warn_of_broken(plugins):
            raise typer.Exit(2)

    command.__doc__ = help_text
    return command


def show(catalog: Catalog, *, as_json: bool) -> None:
    """Print name, what it is and source of all that a catalogue has, a line each; origins where there are several."""
    entries = [about(entry) for entry in catalog]
    if as_json:
        out.print_json(json.dumps(entries))
        return
    origins = {entry["from"] for entry in entries}
    headings = (catalog.kind, "what it is", "source", *(("from",) if len(origins) > 1 else ()))
    listing = table(headings)
    for name, column in zip(headings, listing.columns, strict=True):
        column.no_wrap = name in {catalog.kind, "from"}  # the others give way on a narrow terminal
    for entry in entries:
        if entry["reason"]:
            continue
        summary = re.split(r"[:;]", entry["summary"])[0]
        origin = [Text(entry["from"])] if len(origins) > 1 else []
        listing.add_row(Text(entry["name"]), _line(summary), _line(_short(entry["source"])), *origin)
    out.print(listing)
    if len(origins) == 1:
        out.print(Text(f"all from {origins.pop()}", style="dim"))
    for entry in entries:
        if entry["reason"]:
            out.print(Text.assemble(("! ", "yellow"), f"{entry['name']} cannot be used: {entry['reason']}"))


def detail(entry: Entry, *, as_json: bool) -> None:
    """Print all about one: what it is, its equations, its options with their defaults, its source, its origin."""
    whole, description = about(entry), entry.describe()
    if as_json:
        out.print_json(json.dumps(whole))
        return
    out.print(Text.assemble((whole["name"], "bold"), f"  ({whole['from']})\n{whole['summary']}."))
    if description.text:
        out.print(Text(f"\n{description.text}\n"))
    if whole["options"]:
        out.print(Text("options: " + ", ".join(f"{name} ({default})" for name, default in whole["options"].items())))
    for name, meaning in description.meanings.items():
        out.print(Text(f"- {name}: {meaning}"))
    if whole["source"]:
        out.print(Text("source: " + whole["source"]))


def _short(citation: str) -> str:
    """The first name and the first year of a citation: `Cho 2014`; its first clause where it has no such thing."""
    if found := _AUTHOR.search(citation):
        return " ".join(found.groups())
    return _SCHEME.sub("", re.split(r"[,;]|: ", citation)[0].rstrip("."))


def _line(text: str) -> Text:
    return Text(text, no_wrap=True, overflow="ellipsis")


def about(entry: Entry) -> dict[str, Any]:
    """What an entry says of itself."""
    description = entry.describe()
    return {
        "name": entry.name,
        "summary": description.summary,
        "reason": entry.refusal,
        "options": description.options,
        "source": description.citation,
        "from": str(entry.origin),
    }
