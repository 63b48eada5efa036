"""The files beside the store: the table for people and for programs, and where it was made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from harness.analysis.comparison.compare import compare
from harness.analysis.formats.flat import csv_text
from harness.analysis.formats.markdown import markdown
from harness.analysis.gate.speed import FILE as SPEEDS
from harness.errors import HarnessError
from harness.runs.durable import write_durably
from harness.runs.environment import environment
from harness.runs.store import FILE
from harness.runs.suite import FILE as SUITE

if TYPE_CHECKING:
    from pathlib import Path

    from harness.analysis.comparison import Comparison
    from harness.runs.store import Store


FILES = ("table.md", "table.csv", "environment.json")
BESIDE = (SUITE, SPEEDS)
"""What else stands beside the store: what was asked for, and how fast it was."""


def check_folder(folder: Path) -> None:
    """Refuse a folder in which these files are somebody else's.

    Raises:
        HarnessError: it has one of them, and no store.
    """
    for name in (*FILES, *BESIDE):
        if (folder / name).exists() and not (folder / FILE).exists():
            raise HarnessError(f"{folder} is no results folder: it has a {name} that harness did not write.")


def write_files(store: Store, comparison: Comparison | None = None) -> Path:
    """Write `table.md`, `table.csv` and `environment.json` for all that is in the folder; gives the first's path.

    Args:
        store: of the folder.
        comparison: of all that is in it, where it was made before.
    """
    comparison = comparison or compare(store.outlines(), store.baselines())
    texts = (markdown(comparison), csv_text(comparison), json.dumps(environment(), indent=2) + "\n")
    for name, text in zip(FILES, texts, strict=True):
        keep(store.folder / name, text)
    return store.folder / "table.md"


def keep(path: Path, text: str) -> None:
    """Write a file that is there whole or not at all.

    Raises:
        HarnessError: it cannot be written.
    """
    try:
        write_durably(path, text.encode())
    except OSError as error:
        raise HarnessError(f"{path} cannot be written: {error.strerror}.") from error
