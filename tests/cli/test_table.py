from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Command, Once


@pytest.fixture
def folder(tiny: Command, once: Once) -> str:
    def make() -> None:
        done = tiny("elman,gru", "--seeds", 1)
        assert done.code == 0, done.err

    once(make)
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


def test_pairs_fit_a_narrow_terminal(tiny: Command, harness: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny("elman,lstm:coupled=true:forget_bias=0:peephole=true", "--seeds", 2)
    monkeypatch.setenv("COLUMNS", "80")
    listed = harness("table", "--pairs").out
    assert all(len(line) <= 80 for line in listed.splitlines())
    assert "…" not in listed
    assert "Holm" in listed
    assert len(harness("table", "--pairs", "--format", "csv").out.splitlines()) == 2


def test_what_a_target_takes_and_what_a_step_costs_are_listings(folder: str, harness: Command) -> None:
    reached = harness("table", folder, "--target", "MSE=1e9")
    assert reached.code == 0, reached.err
    rows = [line.split() for line in reached.out.splitlines() if "1/1" in line]
    assert [row[row.index("1/1") + 1] for row in rows] == ["10", "10"]  # the first evaluation
    costs = harness("table", folder, "--costs", "--format", "csv")
    assert [row["cell"] for row in csv.DictReader(io.StringIO(costs.out)) if float(row["forward"]) > 0] == [
        "elman",
        "gru",
    ]
    assert "fwd µs" in harness("table", folder, "--costs").out


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--target", "MSE=1", "--at", "steps=5"), "--target and --at exclude each other"),
        (("--pairs", "--sort", "cell"), "--pairs and --sort exclude each other"),
        (("--pairs", "--format", "html"), "this comes as rich, markdown, csv or json: html was asked for"),
        (("--costs", "--transpose"), "--costs and --transpose exclude each other"),
        (("--target", "MSE=1", "--costs"), "--target and --costs exclude each other"),
        (("--costs", "--format", "latex"), "this comes as rich, markdown, csv or json: latex was asked for"),
    ],
)
def test_options_that_mean_nothing_to_a_listing_are_refused(
    folder: str, harness: Command, options: tuple[str, ...], told: str
) -> None:
    done = harness("table", folder, *options)
    assert done.code == 2
    assert done.err.startswith(f"error: {told}")
