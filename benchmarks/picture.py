"""Draws the picture of the README: the table of a results folder, as `harness table` prints it.

Run it as: python benchmarks/picture.py results/reference/main-job docs/terminal.svg
"""

from __future__ import annotations

import io
import sys
from contextlib import closing
from pathlib import Path

from rich.console import Console

from harness.analysis.comparison.compare import compare
from harness.cli.tables import show
from harness.runs.store import Store


def main(results: Path, picture: Path) -> None:
    """Print the table to a terminal of 88 columns that nobody sees, and keep what it looks like."""
    with closing(Store(results)) as store:
        comparison = compare(store.runs(), store.baselines())
    console = Console(record=True, width=88, file=io.StringIO(), force_terminal=True, highlight=False)
    console.print("[bold]$[/bold] harness run --cells lstm,gru --tasks all")
    console.print("...\n")
    show(comparison, console)
    console.print()  # or the last line is cut off
    console.save_svg(str(picture), title="harness")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
