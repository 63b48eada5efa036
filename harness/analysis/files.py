"""The files beside the store: the table for people and for programs, and where it was made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from harness.analysis.comparison import compare
from harness.analysis.formats import csv_text, markdown
from harness.runs.environment import environment

if TYPE_CHECKING:
    from pathlib import Path

    from harness.runs.store import Store


def write_files(store: Store) -> Path:
    """Write `table.md`, `table.csv` and `environment.json` for all that is in the folder; gives the first's path."""
    comparison = compare(store.runs(), store.baselines())
    texts = {
        "table.md": markdown(comparison),
        "table.csv": csv_text(comparison),
        "environment.json": json.dumps(environment(), indent=2) + "\n",
    }
    for name, text in texts.items():
        temporary = store.folder / f".{name}.new"
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(store.folder / name)
    return store.folder / "table.md"
