from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from harness.analysis.comparison.costs import TIMES

if TYPE_CHECKING:
    from conftest import Command


def results(harness: Command, folder: str) -> list[str]:
    """The table without what was measured, in the order of its lines."""
    rows = json.loads(harness("table", folder, "--format", "json").out)
    measured = dict.fromkeys((*TIMES, "memory", "disturbed"))
    return sorted(str({**row, **measured}) for row in rows)


def test_shards_that_were_run_apart_make_the_whole_table(tiny: Command, harness: Command) -> None:
    tiny("gru,elman", "--out", "whole")
    first = tiny("gru,elman", "--shard", "1/2", "--out", "a")
    assert re.search(r"2 cells × 1 task × 3 seeds = 6 runs, \d in shard 1/2 · smoke budget", first.out)
    again = tiny("gru,elman", "--shard", "1/2", "--out", "a")
    assert re.search(r"(\d) in shard 1/2, \1 done before, 0 to do", again.out)
    tiny("gru,elman", "--shard", "2/2", "--out", "b")
    done = harness("merge", "a", "b", "-o", "all")
    assert done.out == "all: 6 runs and 1 set of baselines of 2 folders · harness table all\n"
    assert results(harness, "all") == results(harness, "whole")
    assert Path("all/suite.toml").read_text() == Path("whole/suite.toml").read_text()
    assert len(list(Path("all/states").iterdir())) == 6
    refused = harness("merge", "a", "b", "-o", "all")
    assert (refused.code, refused.err) == (
        2,
        "error: all exists already: nothing was overwritten; name another folder.\n",
    )


def test_a_shard_that_is_none_and_a_folder_that_is_none_are_one_sentence(tiny: Command, harness: Command) -> None:
    done = tiny("gru", "--shard", "9/8")
    assert (done.code, done.err) == (2, 'error: "--shard 9/8" is no share: write 1/8 to 8/8.\n')
    done = harness("merge", ".", "-o", "new")
    assert done.code == 2
    assert done.err.startswith("error: . is no results folder: it has no runs.sqlite.")
    assert not Path("new").exists()
