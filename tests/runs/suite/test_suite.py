from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.errors import HarnessError
from harness.modeling.sizing import Size
from harness.runs.plan import Request
from harness.runs.suite import Suite, write_new
from harness.runs.suite.tolerance import Tolerance

if TYPE_CHECKING:
    from pathlib import Path

TEXT = """\
version = 1
cells = ["lstm", "gru"]
tasks = ["adding:length=10", "char-lm"]
seeds = 4
budget = "smoke"

[set]
steps = 30

[tolerance]
default = "5%"
"bits per character" = 0.1

[tolerance."adding:length=10"]
MSE = 0.1

[speed]
reference = "elman"
"""


def loaded(folder: Path, text: str = TEXT) -> Suite:
    (folder / "ci.toml").write_text(text)
    return Suite.load(folder / "ci.toml")


def test_a_suite_asks_for_what_the_command_line_can(tmp_path: Path) -> None:
    assert loaded(tmp_path).request() == Request(
        ("lstm", "gru"), ("adding:length=10", "char-lm"), 4, "smoke", "cpu", settings={"steps": 30}
    )


def test_what_was_asked_for_on_the_command_line_comes_back_from_its_file(tmp_path: Path) -> None:
    request = Request(
        cells=("lstm:forget_bias=2",),
        tasks=('char-lm:corpus=a "quoted" \\ ü.txt',),
        seeds=2,
        budget="full",
        device="cpu",
        size=Size("params", 500),
        settings={"clip": "none", "dropout": 0.5, "bidirectional": True},
        plugins=("mine.py",),
        engine="loop",
        first_seed=7,
        tune=4,
        own={"lstm:forget_bias=2": {"lr": "0.1", "steps": 3}},
        grid={"weight_decay": ("0", 0.1)},
    )
    assert loaded(tmp_path, Suite.of(request).text()).request() == request
    for size in (Size("hidden", 8), Size("state", 128), Size("flops", 100_000)):
        other = Request(("gru",), ("adding",), 1, "quick", "cpu", size=size)
        assert loaded(tmp_path, Suite.of(other).text()).request() == other


def test_a_table_by_cell_is_for_that_cell_alone_and_a_grid_has_lists(tmp_path: Path) -> None:
    text = TEXT.replace("steps = 30", "steps = 30\nlstm.lr = 0.1\n[grid]\nclip = ['none', 1, 5]")
    request = loaded(tmp_path, text).request()
    assert (request.settings, request.own) == ({"steps": 30}, {"lstm": {"lr": 0.1}})
    assert request.grid == {"clip": ("none", 1, 5)}


def test_the_first_metric_of_each_task_is_compared_and_those_that_are_named(tmp_path: Path) -> None:
    suite = loaded(tmp_path)
    assert suite.tolerances("adding:length=10", ["MSE", "solved"]) == {"MSE": Tolerance(0.1, relative=False)}
    assert suite.tolerances("char-lm", ["perplexity", "bits per character", "nats per character"]) == {
        "perplexity": Tolerance(0.05, relative=True),
        "bits per character": Tolerance(0.1, relative=False),
    }


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("budget", "bugdet", 'line 5: there is no "bugdet" here. Did you mean "budget"?'),
        (
            '"smoke"',
            '"smok"',
            "line 5: budget should be 'smoke', 'quick' or 'full' (it is \"smok\"). Did you mean \"smoke\"?",
        ),
        ("seeds = 4", "first_seed = 1.5", "line 4: first_seed should be a whole number (it is 1.5)."),
        ("seeds = 4", "seeds = 0", 'line 4: seeds should be a number from 1, or "auto:max=20"'),
        ("seeds = 4", "seeds = 'x'", 'which is 3 at least (it is "x").'),
        ('"5%"', '"5"', 'line 11: tolerance.default should be a share of the baseline, as in "5%"'),
        ("MSE = 0.1", "MSE = -1", "line 15: tolerance.adding:length=10.MSE should be a share of the baseline"),
        ("MSE", "MSEE", 'line 15: adding:length=10 has no metric "MSEE". Did you mean "MSE"?'),
        (
            "default =",
            "perplexty =",
            'line 11: no task of the suite has a metric "perplexty". Did you mean "perplexity"',
        ),
        ('[tolerance."adding', '[tolerance."ading', 'line 14: the suite has no task "ading:length=10". Did you mean'),
        ("reference", "refrence", 'line 18: there is no "speed.refrence" here. Did you mean "reference"?'),
        ('reference = "elman"', "", 'line 17: "speed.reference" is missing.'),
        ('["lstm", "gru"]', "[]", "line 2: cells should not be empty"),
        ('["lstm", "gru"]', '"lstm"', "line 2: cells should be a list"),
        ('["lstm", "gru"]', f'"{99 * "é"}"', f'line 2: cells should be a list (it is "{59 * "é"}…).'),
        ("version = 1", "", "is no suite: it has no version; write version = 1"),
        ("version = 1", "version = 2", "line 1: version should be 1 (it is 2)."),
        ("cells =", "cells", "is no TOML: "),
        ("steps = 30", "steps = [30]", "line 8: set.steps should be"),
        ("steps = 30", "ltsm.lr = 30", 'no cell is called "ltsm". Did you mean "lstm"?'),
        ("steps = 30", "[grid]\nclip = []", "line 9: grid.clip should not be empty"),
        ("steps = 30", "[grid]\nclip = 3", "line 9: grid.clip should be a list (it is 3)."),
        ("steps = 30", "stepps = 30", 'a recipe has no "stepps". Did you mean "steps"?'),
        ('"gru"', '"grru"', 'no cell is called "grru". Did you mean "gru"?'),
        ("[set]", "match = 'params=9'\nhidden = 3\n[set]", "match and hidden exclude each other: give one of them."),
    ],
)
def test_what_is_wrong_is_a_sentence_with_its_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(HarnessError) as caught:
        loaded(tmp_path, TEXT.replace(old, new, 1)).plan()
    assert str(caught.value).startswith(str(tmp_path / "ci.toml"))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match=r"^there is no suite "):
        Suite.load(tmp_path / "none.toml")
    with pytest.raises(HarnessError, match="cannot be read: Is a directory"):
        Suite.load(tmp_path)
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(HarnessError, match="it is not a text in UTF-8"):
        Suite.load(tmp_path / "binary")


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    loaded(tmp_path)
    with pytest.raises(HarnessError, match="exists already: nothing was overwritten"):
        write_new(tmp_path / "ci.toml", "another")
    assert (tmp_path / "ci.toml").read_text() == TEXT
