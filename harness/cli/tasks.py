"""`harness tasks`."""

from __future__ import annotations

from harness.cli.console import examples
from harness.cli.listing import lister

EPILOG = examples("harness tasks", "harness tasks adding", "harness tasks --plugin my_task.py", "harness tasks --json")

command = lister(
    lambda plugins: plugins.tasks(), "List the tasks: what each asks for, its source, and where it comes from."
)
