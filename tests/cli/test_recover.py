from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Command


def test_a_damaged_folder_is_told_recovered_and_gone_on_with(tiny: Command, harness: Command) -> None:
    assert harness("recover").code == 2
    tiny("elman", "--seeds", 2)
    table = Path("results/table.md").read_text()
    assert harness("recover").out == "results is not damaged: each of its 3 records is what was written.\n"
    with closing(sqlite3.connect("results/runs.sqlite")) as connection:
        connection.execute("UPDATE runs SET record = replace(record, '\"seed\": 1', '\"seed\": 7')")
        connection.execute("UPDATE outlines SET own = replace(own, '[1, ', '[7, ')")
        connection.commit()
    for command in (("table",), ("runs",), ("show", "00"), ("report",)):
        done = harness(*command)
        assert (done.code, done.err.count("\n")) == (2, 1)
        assert "is not what was written. `harness recover results` keeps the rows that are safe." in done.err
    done = harness("recover")
    assert done.out.startswith(
        "2 records are safe and kept: harness runs results lists them. The damaged file is resul"
    )
    assert "1 cannot be read any more: " in done.out
    again = tiny("elman", "--seeds", 2)
    assert "2 runs, 1 done before, 1 to do" in again.out
    scores = [line for line in Path("results/table.md").read_text().splitlines() if line.startswith("| `elman`")]
    assert scores[0] == next(line for line in table.splitlines() if line.startswith("| `elman`"))
