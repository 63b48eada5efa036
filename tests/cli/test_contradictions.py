"""Options that a cell refuses together, as `harness run` reports them."""

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
