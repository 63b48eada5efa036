"""`harness executors`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.cli.console import examples
from harness.cli.listing import lister

if TYPE_CHECKING:
    from harness.registry import Catalog, Plugins

EPILOG = examples(
    "harness executors", "harness executors ray", "harness run --cells gru --tasks all --executor ray:cpus=2"
)


def _catalog(plugins: Plugins) -> Catalog:
    from harness.runs.executors import executors

    return executors(plugins)


command = lister(_catalog, "List what can execute runs, for --executor, or show all about one: its options.")
