"""What the bundled plugins offer, and what they cost before they are used."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from harness.registry import current

if TYPE_CHECKING:
    from harness.registry import Entry

SCRATCH = {"elman", "gru", "jordan", "lstm", "mingru", "minlstm", "simple-gru", "window"}
BUNDLED = SCRATCH | {"torch-gru", "torch-lstm", "torch-rnn"}


def entries() -> list[Entry]:
    return [entry for entry in current().cells() if entry.name in BUNDLED]


def test_all_cells_are_there_and_say_what_they_are_and_where_they_come_from() -> None:
    found = {entry.name: entry.describe() for entry in entries()}
    assert set(found) == BUNDLED
    assert all(about.summary and about.citation for about in found.values())
    assert found["gru"].options == {"reset": "before"}
    assert found["lstm"].options == {"forget_bias": "1.0", "peephole": "false", "coupled": "false", "forget": "true"}


@pytest.mark.parametrize("name", sorted(BUNDLED))
def test_a_cell_can_be_named_with_its_distribution(name: str) -> None:
    entry = current().cells().find(f"cell-harness/{name}")
    assert entry.load().__name__.lower() == name.replace("-", "")


def test_listing_cells_imports_no_torch() -> None:
    code = """
import sys
from harness.registry import current
summaries = [entry.describe().summary for entry in current().cells()]
assert any("gated" in summary.lower() for summary in summaries), summaries
assert all(entry.refusal or entry.component(entry.name, {}).source for entry in current().cells())
sys.exit("torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
