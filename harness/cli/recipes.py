"""`harness recipes`."""

from __future__ import annotations

from rich.text import Text

from harness.cli.console import Plugin, examples, out, table

EPILOG = examples("harness recipes", "harness run --cells lstm,gru --tasks char-lm --recipe keras-slide")


def command(plugin: Plugin = None) -> None:
    """List the named recipes: what each changes in a task's own recipe, with --recipe."""
    from harness.registry import install
    from harness.registry.options import text_of

    listing = table(("recipe", "settings", "from"))
    for entry in install(plugin or ()).recipes():
        settings = entry.load()
        pairs = settings.items() if isinstance(settings, dict) else ()
        listing.add_row(
            Text(entry.name),
            Text(", ".join(f"{name}={text_of(value)}" for name, value in pairs)),
            Text(str(entry.origin)),
        )
    out.print(listing)
