"""`harness run` where what is asked for cannot be: one sentence, and nothing is written."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Command


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--cells", "lsmt", "--tasks", "adding"], 'no cell is called "lsmt". Did you mean "lstm"? (harness cells'),
        (["--cells", "lstm", "--tasks", "ading"], 'no task is called "ading". Did you mean "adding"?'),
        (
            ["--cells", "lstm:forget_bais=1", "--tasks", "adding"],
            'Did you mean "forget_bias"? Its options: forget_bias',
        ),
        (["--cells", "lstm:forget_bias=x", "--tasks", "adding"], 'cell "lstm": forget_bias=x cannot be used'),
        (["--cells", "lstm", "--tasks", "adding:marks=here"], "marks=here cannot be used: it should be 'anywhere'"),
        (["--cells", "lstm", "--tasks", "adding", "--match", "params=12"], "hidden size 1 already has"),
        (["--cells", "lstm", "--tasks", "adding", "--match", "size=12"], "Write --match params=N"),
        (["--cells", "lstm", "--tasks", "adding", "--match", "params=12", "--hidden", "3"], "exclude each other"),
        (["--cells", "lstm", "--tasks", "adding", "--device", "gpu"], "is no device: choose auto, cpu, cuda or cuda:N"),
        (["--cells", "lstm", "--tasks", "adding", "--match", "params=3"], "hidden size 1 already has"),
        (
            ["--cells", "lstm", "--tasks", "adding", "--time-limit", "90"],
            "--time-limit 90 is no duration: write a number",
        ),
        (
            ["--cells", "lstm", "--tasks", "adding", "--memory-limit", "1h"],
            "--memory-limit 1h is no size: write a number",
        ),
        (
            ["--cells", "lstm", "--tasks", "adding", "--time-limit", "1h", "--workers", "0"],
            "--time-limit ends a worker process, and --workers 0 has none",
        ),
        (["--cells", ",", "--tasks", "adding"], "no cell was named"),
        (["--cells", "lstm", "--tasks", " "], "no task was named"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(harness: Command, arguments: list[str], message: str) -> None:
    done = harness("run", "--budget", "smoke", *arguments)
    assert done.code == 2
    assert done.err.startswith("error: ")
    assert message in done.err
    assert done.err.count("\n") == 1
    assert not Path("results").exists()


@pytest.mark.parametrize("name", ["table.md", "suite.toml"])
def test_results_of_others_are_not_overwritten(tiny: Command, name: str) -> None:
    folder = Path("mine")
    folder.mkdir()
    (folder / name).write_text("my own notes")
    done = tiny("lstm", "--seeds", 1, "--out", "mine")
    assert done.code == 2
    assert f"mine is no results folder: it has a {name} that harness did not write" in done.err
    assert (folder / name).read_text() == "my own notes"


def test_a_newer_results_folder_is_refused(tiny: Command) -> None:
    tiny("lstm", "--seeds", 1)
    with sqlite3.connect("results/runs.sqlite") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    done = tiny("lstm", "--seeds", 1)
    assert done.code == 2
    assert "was written by a newer version of harness" in done.err
