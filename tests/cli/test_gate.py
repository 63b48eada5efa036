from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

if TYPE_CHECKING:
    from conftest import Command, Once

CELL = """
import torch
from harness import Cell, Gate

class Mine(Cell):
    def __init__(self, input_size, hidden_size):
        super().__init__(input_size, hidden_size)
        self.gate = Gate(input_size, hidden_size)

    def step(self, x, h):
        return torch.tanh(self.gate(x, h))
"""
SUITE = """
version = 1
cells = ["mine.py:Mine"]
tasks = ["adding:length=5"]
seeds = 3
budget = "smoke"
engine = "loop"

[tolerance]
default = "5%"
"""
SPEED = """
[speed]
reference = "elman"
tolerance = "900%"
shape = "batch=2,time=3,input=2,hidden=2"
repeats = 7
"""


@pytest.fixture
def made(harness: Command, once: Once) -> Command:
    """`harness`, in a folder with a cell, a suite and its baseline."""

    def make() -> None:
        Path("mine.py").write_text(CELL)
        Path("ci.toml").write_text(SUITE + SPEED)
        done = harness("run", "--suite", "ci.toml", "--out", "ci", "--workers", 0)
        assert done.code == 0, done.err
        done = harness("baseline", "ci", "-o", "ci.json")
        assert done.code == 0, done.err

    once(make)
    return harness


def test_code_that_did_not_change_is_identical(made: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    done = made("compare", "ci.json", "--workers", 0, "--junit", "gate.xml", "--json", "gate.json")
    assert done.code == 0, done.err
    assert "identical" in done.out
    assert "0 worse, 3 same or better (1 identical), 0 not comparable · exit 0" in done.out
    assert Path("summary.md").read_text().startswith("### harness compare ci.json\n\n**0 worse")
    assert len(ET.fromstring(Path("gate.xml").read_text()).findall("testsuite/testcase")) == 3
    assert json.loads(Path("gate.json").read_text())["exit"] == 0
    assert not Path("results").exists(), "what is run for a comparison is thrown away"


def test_a_cell_that_got_worse_is_red_with_its_own_and_with_other_seeds(
    made: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("mine.py").write_text(CELL.replace("torch.tanh(self.gate(x, h))", "100 * torch.sin(100 * self.gate(x, h))"))
    for name in [name for name in sys.modules if name.startswith("mine_")]:
        monkeypatch.delitem(sys.modules, name)  # a new process would import the file anew
    for more in ((), ("--first-seed", 50)):
        done = made("compare", "ci.json", "--workers", 0, *more)
        assert done.code == 1, done.err
        assert "WORSE" in done.out
    assert "so there are no pairs" in " ".join(done.out.split())


def test_a_baseline_is_the_same_text_each_time_and_renewed_in_its_place(made: Command) -> None:
    first = Path("ci.json").read_text()
    assert made("baseline", "ci", "-o", "ci.json").code == 0
    assert Path("ci.json").read_text() == first
    assert json.loads(first)["suite"]["cells"] == ["mine.py:Mine"]


def test_results_are_held_against_a_baseline_without_running(made: Command) -> None:
    done = made("compare", "ci.json", "ci")
    assert (done.code, done.err) == (0, "")


def test_results_of_another_recipe_are_not_comparable(made: Command) -> None:
    Path("ci.toml").write_text(SUITE + "[set]\nsteps = 30\n")
    made("run", "--suite", "ci.toml", "--out", "other", "--workers", 0)
    done = made("compare", "ci.json", "other")
    assert done.code == 2
    assert "not comparable: steps was 20 and is 30" in " ".join(done.out.replace("\n", " ").split())


def test_files_of_others_are_not_overwritten(made: Command) -> None:
    Path("notes.json").write_text("mine")
    done = made("baseline", "ci", "-o", "notes.json")
    assert (done.code, Path("notes.json").read_text()) == (2, "mine")
    assert "notes.json is no baseline, so it is not overwritten" in done.err
    suite = Path("ci.toml").read_text()
    done = made("run", "--cells", "elman", "--tasks", "adding", "--save-suite", "ci.toml")
    assert (done.code, Path("ci.toml").read_text()) == (2, suite)


def test_what_is_run_is_saved_as_a_suite_that_runs_it_again(harness: Command) -> None:
    asked = ("--cells", "elman", "--tasks", "adding:length=5", "--budget", "smoke", "--seeds", 2, "--workers", 0)
    assert harness("run", *asked, "--set", "steps=10", "--save-suite", "ci.toml").code == 0
    assert Path("ci.toml").read_text() == Path("results/suite.toml").read_text()
    done = harness("run", "--suite", "ci.toml", "--workers", 0)
    assert "2 runs, 2 done before, 0 to do" in done.out


def test_a_plugin_that_is_named_beside_a_suite_is_found_by_workers(harness: Command, plugin: str) -> None:
    Path("ci.toml").write_text(SUITE.replace("mine.py:Mine", "plain"))
    done = harness("run", "--suite", "ci.toml", "--plugin", plugin, "--workers", 1)
    assert done.code == 0, done.err
    assert Path("results/table.csv").read_text().splitlines()[1].startswith("plain,adding:length=5,MSE")


MISTAKES = {
    "compare none.json": "there is no baseline none.json.",
    "compare mine.py": "mine.py is no baseline: ",
    "compare ci.json none": "none is no results folder",
    "compare ci.json ci --first-seed 3": "--first-seed is for running the suite",
    "compare ci.json --out ci": "ci has results already",
    "compare ci.json ci --json ci.json": "ci.json is the baseline already: name another file.",
    "compare ci.json ci --json a --junit ./a": "a is to be written already: name another file.",
    "compare ci.json --json nowhere/a": "nowhere/a cannot be written: there is no folder nowhere.",
    "compare ci.json --markdown ci": "ci cannot be written: it is a folder.",
    "baseline ci -o ci": "ci is no baseline, so it is not overwritten: name another file.",
    "baseline ci -o mine.py/a.json": "there is no folder mine.py, nor can it be made.",
    "baseline none": "none is no results folder",
    "trend mine.py": "mine.py is no baseline",
    "run --suite none.toml": "there is no suite none.toml.",
    "run --suite ci.toml --seeds 3": "--suite and --seeds exclude each other: the suite has it.",
    "run --cells , --tasks adding --save-suite new.toml": "no cell was named",
    "run --cells elman --tasks ading --save-suite new.toml": 'no task is called "ading". Did you mean "adding"?',
    "run --tasks adding": "give --cells and --tasks, or a file that has them with --suite.",
}


SLIPS = {
    ('reference = "elman"', 'reference = "elmann"'): 'line 13: reference: no cell is called "elmann". Did you mean',
    ("batch=2,", "batches=2,"): "line 15: shape: ",
    ("default =", "MSEE ="): 'line 10: no task of the suite has a metric "MSEE". Did you mean "MSE"?',
}


@pytest.mark.parametrize(("slip", "message"), SLIPS.items())
def test_a_slip_in_a_suite_is_told_before_anything_runs(harness: Command, slip: tuple[str, str], message: str) -> None:
    Path("mine.py").write_text(CELL)
    Path("ci.toml").write_text((SUITE + SPEED).replace(*slip))
    done = harness("run", "--suite", "ci.toml")
    assert done.code == 2
    assert f"error: ci.toml, {message}" in done.err
    assert not Path("results").exists()


def test_a_baseline_that_tolerates_what_is_not_in_it_is_refused(made: Command) -> None:
    Path("ci.json").write_text(Path("ci.json").read_text().replace('"default": "5%"', '"MSEE": 0.1'))
    done = made("compare", "ci.json", "ci")
    assert (done.code, done.out) == (2, "")
    assert 'ci.json: the suite: no task of the suite has a metric "MSEE". Did you mean "MSE"?' in done.err


def test_a_mistake_is_one_sentence(made: Command) -> None:
    before = sorted(path.name for path in Path().iterdir())
    for line, message in MISTAKES.items():
        done = made(*line.split())
        assert done.code == 2
        assert done.err.startswith("error: ")
        assert message in done.err
        assert done.err.count("\n") == 1
        assert sorted(path.name for path in Path().iterdir()) == before
