from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Command


def test_a_picture_lies_beside_the_runs(tiny: Command, harness: Command) -> None:
    pytest.importorskip("vl_convert", reason="the extra figures is not installed")
    assert tiny("elman,gru", "--seeds", 1).code == 0
    assert harness("plot", "curves").out == "picture: results/curves.svg\n"
    assert "elman" in Path("results/curves.svg").read_text(encoding="utf-8")
    assert harness("plot", "time", "results", "--cells", "gru", "-o", "time.png").code == 0
    assert Path("time.png").read_bytes().startswith(b"\x89PNG")
    for wrong, told in (
        (("curvs",), 'Did you mean "curves"?'),
        (("curves", "results", "-o", "curves.jpg"), "ends in .svg"),
        (("curves", "results", "--tasks", "ading:length=5"), 'Did you mean "adding:length=5"?'),
        (("memory",), "there is nothing to draw"),
        (("curves", "results", "-o", "nowhere/x.svg"), "cannot be written"),
    ):
        done = harness("plot", *wrong)
        assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
        assert told in done.err
