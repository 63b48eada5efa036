from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Command


@pytest.fixture
def folder(tiny: Command) -> str:
    done = tiny("elman,gru", "--seeds", 1)
    assert done.code == 0, done.err
    return "results"


def test_every_format_has_the_same_scores(folder: str, harness: Command) -> None:
    printed = harness("table", folder, "--format", "csv").out
    means = [f"{float(row['mean']):.4f}" for row in csv.DictReader(io.StringIO(printed))]
    assert len(means) == 2
    for style in ("rich", "markdown", "latex", "html"):
        done = harness("table", folder, "--format", style)
        assert done.code == 0
        assert all(mean in done.out for mean in means), style


def test_cells_are_selected_sorted_and_made_columns(folder: str, harness: Command) -> None:
    lines = harness("table", folder, "--format", "markdown", "--sort", "-cell", "--transpose").out.splitlines()
    assert lines[0] == "| task | gru | elman | baseline |"
    assert harness("table", folder, "--format", "markdown", "--cells", "gru").out.count("`elman`") == 0


def test_a_wrong_name_is_one_sentence_and_exit_code_2(folder: str, harness: Command) -> None:
    for wrong in (("--cells", "grru"), ("--tasks", "ading"), ("--metric", "MSEE"), ("--sort", "cel")):
        done = harness("table", folder, *wrong)
        assert (done.code, done.out) == (2, "")
        assert "Did you mean" in done.err
        assert done.err.count("\n") == 1
