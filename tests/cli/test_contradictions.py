"""Options that exclude each other, as `harness run` reports them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Command

SENTENCES = {
    "lstm:coupled=true:forget=false": "lstm: coupled=true and forget=false exclude each other",
    "lstm:forget=false:forget_bias=2": "lstm: forget_bias=2 and forget=false exclude each other",
    "window:size=0": 'cell "window": size=0 cannot be used: it should be greater than or equal to 1.',
}


@pytest.mark.parametrize("cell", SENTENCES)
def test_options_that_exclude_each_other_are_one_sentence_and_exit_code_2(tiny: Command, cell: str) -> None:
    done = tiny(f"gru,{cell}", "--seeds", 1)
    assert done.code == 2
    assert done.err.startswith(f"error: {SENTENCES[cell]}")
    assert done.err.count("\n") == 1
    assert not Path("results/table.md").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--bidirectional", "--set", "bidirectional=false"], "--bidirectional and --set bidirectional=false"),
        (["--layers", 2, "--set", "layers=3"], "--layers and --set layers=3"),
        (["--dropout", 0.1, "--set", "dropout=0.2"], "--dropout and --set dropout=0.2"),
        (["--regulariser", "none", "--set", "regulariser=pascanu"], "--regulariser and --set regulariser=pascanu"),
        (["--set", "lr=1", "--set", "learning_rate=2"], "--set lr=1 and --set learning_rate=2"),
        (["--hidden", 5, "--match", "params=100"], "--match and --hidden"),
    ],
)
def test_a_setting_is_given_in_one_way(tiny: Command, arguments: list[object], message: str) -> None:
    done = tiny("gru", *arguments)
    assert done.code == 2
    assert done.err.startswith(f"error: {message} exclude each other: give one")
    assert done.err.count("\n") == 1
