"""Tables on a terminal of 80 columns: names give way, numbers and reasons do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.cli.console import out

if TYPE_CHECKING:
    from conftest import Command

LONG = "lstm:coupled=true:forget_bias=0:peephole=true"


@pytest.fixture(autouse=True)
def _narrow(harness: Command, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - which sets a width first
    monkeypatch.setenv("COLUMNS", "80")
    assert out.width == 80


def words(text: str) -> list[str]:
    """What a reader sees of a table, cut-off words included."""
    return text.replace("\n", " ").split()


def test_what_a_run_cost_is_whole_beside_long_names(tiny: Command) -> None:
    done = tiny(LONG, "--seeds", 1, "--set", "optimiser=sgd:momentum=0.9:nesterov=true", "--hidden", 30)
    assert done.code == 0, done.err
    assert "…" not in done.out
    costs = done.out[done.out.index("Mean ±") :]
    assert {"task", "cell", "parameters", "recurrent", "train", "steps/s", "30", "99%"} <= {*words(costs)}
    assert {"coupled=true", "momentum=0.9"} <= {*words(costs)}


def test_the_listing_of_runs_is_whole_and_gives_reasons_below(tiny: Command, harness: Command, plugin: str) -> None:
    tiny(f"{LONG},picky", "--plugin", plugin, "--seeds", 1, "--hidden", 3, "--layers", 2)
    listed = harness("runs").out
    assert "…" not in listed
    assert {"finished", "layers=2", "length=5"} <= {*words(listed)}
    assert "not supported: needs hidden_size divisible by 8 (asked: 3)" in " ".join(words(listed))
    assert all(len(line) <= 80 for line in listed.splitlines())


def test_cells_are_told_apart_by_what_they_are(harness: Command) -> None:
    listed = harness("cells").out
    (lstm,) = (line for line in listed.splitlines() if line.startswith("lstm "))
    assert "Long short-term memory" in lstm
    assert listed.count("cell-harness") == 1
