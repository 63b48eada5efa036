"""`harness check`, and the column that it fills."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Command

AHEAD = """
import torch
from harness import Layer

class Ahead(Layer):
    \"\"\"Sees the future.\"\"\"
    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.network = torch.nn.Linear(input_size, hidden_size)
    def initial(self, batch):
        return (self.network.bias.new_zeros(batch, self.hidden_size),)
    def forward(self, x, states):
        outputs = torch.tanh(self.network(x)).flip(0).cumsum(0).flip(0)
        return outputs, (outputs[-1],)
"""


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.testing.certificate.cache_folder", lambda: tmp_path / "cache")


def test_the_verdict_is_printed_kept_and_in_tables(harness: Command, tiny: Command) -> None:
    first = tiny("elman,gru", "--seeds", 1)
    assert "checked" not in first.out
    checked = harness("check", "elman")
    assert checked.code == 0
    assert checked.out.splitlines()[-1] == "certified: passed 13 of 13"
    assert "✓ equals its reference      torch.nn.RNN" in checked.out
    again = tiny("elman,gru", "--seeds", 1)
    costs = [line.split() for line in again.out.splitlines() if line.startswith("adding:length=5 ")]
    assert [(row[1], row[-1]) for row in costs] == [("elman", "yes"), ("gru", "no")]
    rows = json.loads(harness("table", "--format", "json").out)
    assert [row["checked"] for row in rows] == ["passed 13 of 13, 0.1.0", ""]
    assert "| checked |" in harness("table", "--format", "markdown").out
    runs = json.loads(harness("runs", "--format", "json").out)
    assert {run["cell"]: run["checked"] for run in runs} == {"elman": "passed 13 of 13, 0.1.0", "gru": ""}


def test_a_cell_that_fails_is_told_what_it_means_and_ends_with_one(harness: Command, tmp_path: Path) -> None:
    (tmp_path / "ahead.py").write_text(AHEAD)
    told = harness("check", "ahead.py:Ahead")
    assert told.code == 1
    assert "✗ causal" in told.out
    assert "It means: it sees the future: a language model would read what it should predict." in told.out
    assert told.out.splitlines()[-1].startswith("not certified: failed ")
    found = json.loads(harness("check", "ahead.py:Ahead", "--json").out)["Ahead"]
    assert "causal" in found["verdict"]
    outcomes = {finding["check"]: finding["outcome"] for finding in found["findings"]}
    assert outcomes["shapes and dtypes"] == "passed"
    assert outcomes["engine equals loop"] == "does not apply"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("lsmt",), 'no cell is called "lsmt". Did you mean "lstm"?'),
        (("lstm:peephole=perhaps",), "peephole=perhaps cannot be used: it should be true or false."),
        (("lstm:peep=1",), 'cell "lstm" has no option "peep". Did you mean "peephole"?'),
        (("nowhere.py:MGU",), "there is no file nowhere.py"),
        (("lstm", "--plugin", "nowhere.py"), "nowhere.py ? could not be loaded: there is no file nowhere.py"),
        (("",), "no cell was named: write for example harness check lstm."),
        (("conftest.py",), "there is no file conftest.py."),
        (("adding",), 'no cell is called "adding".'),
    ],
)
def test_what_cannot_be_checked_is_one_sentence(arguments: tuple[str, ...], message: str, harness: Command) -> None:
    told = harness("check", *arguments)
    assert told.code == 2
    assert message in told.err
    assert "Traceback" not in told.err


def test_a_class_that_is_no_cell_is_refused(harness: Command, tmp_path: Path) -> None:
    (tmp_path / "none.py").write_text("class Mine: ...\n")
    told = harness("check", "none.py:Mine")
    assert told.code == 2
    assert "is no cell: it must be a subclass of harness.Cell or harness.Layer" in told.err
