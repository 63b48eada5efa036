"""How users shape models and training, and what they are told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Command


def test_structure_and_training_are_settable_and_stand_in_the_column_title(tiny: Command, harness: Command) -> None:
    plain = tiny("elman", "--seeds", 1)
    assert plain.code == 0, plain.err
    structure = ("--layers", 2, "--bidirectional", "--dropout", 0.25)
    shaped = tiny("elman", "--seeds", 1, *structure, "--set", "optimiser=sgd:momentum=0.9", "--set", "lr=0.01")
    assert shaped.code == 0, shaped.err
    columns = [entry["task"] for entry in json.loads(harness("table", "--format", "json").out)]
    assert sorted(columns) == [
        "adding:length=5",
        "adding:length=5 (learning_rate=0.01, layers=2, bidirectional=true, dropout=0.25, optimiser=sgd:momentum=0.9)",
    ]


def test_the_regulariser_is_one_option(tiny: Command) -> None:
    done = tiny("elman,jordan,lstm", "--seeds", 1, "--regulariser", "pascanu:alpha=2")
    assert done.code == 0, done.err
    assert "regulariser=pascanu:alpha=2" in done.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--regulariser", "pasanu"], 'there is no regulariser "pasanu". Did you mean "pascanu"?'),
        (["--regulariser", "pascanu:alpha=-1"], "alpha=-1 cannot be used"),
        (["--set", "optimiser=adm"], 'there is no optimiser "adm". Did you mean "adam"?'),
        (["--set", "schedule=cosin"], 'there is no schedule "cosin". Did you mean "cosine"?'),
        (["--set", "init=othogonal"], 'there is no init "othogonal". Did you mean "orthogonal"?'),
        (["--set", "clip=0"], "clip=0 cannot be used"),
        (["--set", "lr"], "write --set NAME=VALUE"),
        (["--set", "parameters=9"], "--set parameters is given with --match params=N"),
        (["--recipe", "keras-slid"], 'Did you mean "keras-slide"?'),
    ],
)
def test_a_mistake_in_training_is_one_sentence(tiny: Command, arguments: list[str], message: str) -> None:
    done = tiny("lstm", *arguments)
    assert done.code == 2
    assert message in done.err, done.err
    assert done.err.count("\n") == 1
    assert not Path("results/table.md").exists()


WHOLE = """
import torch
from harness import Layer, hookimpl

class Whole(Layer):
    '''Reads a sequence as a whole.

    Source: nobody 1999.
    '''
    streams = False
    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size)
        self.linear = torch.nn.Linear(input_size, hidden_size)
    def initial(self, batch):
        return ()
    def forward(self, x, states):
        return self.linear(x.mean(dim=0, keepdim=True)).expand(len(x), -1, -1), ()

@hookimpl
def harness_cells():
    return {"whole": Whole}
"""


def test_a_cell_that_cannot_do_what_a_task_needs_is_a_row(harness: Command) -> None:
    Path("whole.py").write_text(WHOLE)
    fixed = ("--budget", "smoke", "--seeds", 1, "--workers", 0, "--plugin", "whole.py")
    done = harness("run", "--cells", "whole,jordan,gru", "--tasks", "spell,adding:length=5", *fixed)
    assert done.code == 0, done.err
    rows = {(run["cell"], run["task"]): run for run in json.loads(harness("runs", "--format", "json").out)}
    assert rows["whole", "spell"]["status"] == "not supported"
    assert "step by step" in rows["whole", "spell"]["reason"]
    assert rows["whole", "adding:length=5"]["status"] == "finished"
    assert rows["jordan", "spell"]["status"] == "finished"
    assert "not supported" in done.out
    regular = harness("run", "--cells", "whole", "--tasks", "adding:length=5", *fixed, "--regulariser", "pascanu")
    assert "it reads whole sequences only, and the regulariser needs single steps" in " ".join(regular.out.split())


def test_a_model_that_is_kept_writes_and_answers(harness: Command) -> None:
    Path("book.txt").write_text("In the beginning was the word. " * 400)
    fixed = ("--cells", "gru", "--budget", "smoke", "--seeds", 1, "--workers", 0)
    done = harness("run", "--tasks", "char-lm:corpus=book.txt,adding:length=5", *fixed)
    assert done.code == 0, done.err
    keys = {run["task"].partition(":")[0]: run["run"] for run in json.loads(harness("runs", "--format", "json").out)}
    wished = ("--prompt", "In the", "--length", 30, "--temperature", 0.5, "--seed", 3)
    first, again = (harness("sample", keys["char-lm"][:6], *wished) for _ in range(2))
    assert first.code == 0, first.err
    assert first.out == again.out
    assert first.out.startswith("In the")
    assert len(first.out.rstrip("\n")) == 36
    assert harness("sample", keys["char-lm"], "--seed", 4, *wished[:6]).out != first.out
    for arguments, message in [
        ((keys["char-lm"], "--prompt", "§"), "the character '§' is not in book.txt"),
        ((keys["adding"],), "has no answers that could be shown"),
        (("zzz",), "zzz"),
        ((keys["adding"], "--length", 3), "--length is for language models"),
    ]:
        refused = harness("sample", *arguments)
        assert refused.code == 2
        assert message in refused.err
        assert refused.err.count("\n") == 1
    for state in Path("results/states").iterdir():
        state.unlink()
    assert "are not kept" in harness("sample", keys["char-lm"]).err
