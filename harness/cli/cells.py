"""`harness cells`."""

from __future__ import annotations

from harness.cli.console import examples
from harness.cli.listing import lister

EPILOG = examples("harness cells", "harness cells lstm", "harness cells --plugin my_cell.py", "harness cells --json")

command = lister(lambda plugins: plugins.cells(), "List the cells: what each is, its source, and where it comes from.")
