from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest
from stored import BASELINE, SPEC

from harness.errors import HarnessError
from harness.runs.record import RunRecord
from harness.runs.recovery import recover
from harness.runs.store import FILE, Store

if TYPE_CHECKING:
    from pathlib import Path

RUNS = 40
PAGE = 4096


def run(seed: int) -> RunRecord:
    numbers = Random(seed)
    curve = [{"step": step, "loss": numbers.random()} for step in range(100)]
    spec = replace(SPEC, seed=seed)
    return RunRecord(spec, "finished", scores={"MSE": numbers.random()}, curve=curve, state=b"weights")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "results"
    with closing(Store(path, create=True)) as store:
        store.add(BASELINE)
        for seed in range(RUNS):
            store.add(run(seed))
    return path


def read(folder: Path) -> None:
    with closing(Store(folder, create=True)) as store:
        store.runs()
        store.baselines()
        store.keys()


def check(folder: Path, least: int) -> None:
    """What is damaged is told, what is safe kept as it was, what is lost named, and all of it can be run again."""
    with pytest.raises(HarnessError, match=r"is damaged.*`harness recover .*` keeps the rows.* that are safe"):
        read(folder)
    damaged = (folder / FILE).read_bytes()
    found = recover(folder)
    assert found.aside == folder / f"{FILE}.damaged-1"
    assert found.aside.read_bytes() == damaged
    with closing(Store(folder, create=True)) as store:
        kept = {record.spec.seed: record for record in store.runs()}
        assert [(record.scores, record.curve) for record in kept.values()] == [
            (run(seed).scores, run(seed).curve) for seed in kept
        ]
        assert len(kept) + len(store.baselines()) == found.rows >= least
        lost = [run(seed).spec.key for seed in range(RUNS) if seed not in kept]
        assert set(lost) <= set(found.lost)
        for seed in range(RUNS):
            store.claim(run(seed).spec)
            store.add(run(seed))
        store.claim(BASELINE.spec)
        store.add(BASELINE)
        assert sorted(record.spec.seed for record in store.runs()) == list(range(RUNS))
    assert recover(folder).aside is None, "now it is whole"


def pages_of(folder: Path, table: str) -> list[int]:
    """The pages on which a table or an index lies."""
    with closing(sqlite3.connect(folder / FILE)) as connection:
        try:
            rows = connection.execute("SELECT pageno FROM dbstat WHERE name = ? ORDER BY pageno", (table,)).fetchall()
        except sqlite3.OperationalError:
            pytest.skip("this SQLite does not say where things lie")
        return [page for (page,) in rows]


@pytest.mark.parametrize("table", ["runs", "runs_by_key"])
def test_a_page_that_is_lost_takes_its_rows_alone(folder: Path, table: str) -> None:
    pages = pages_of(folder, table)
    with (folder / FILE).open("r+b") as file:
        file.seek((pages[len(pages) // 2] - 1) * PAGE)
        file.write(b"\xa5" * PAGE)
    check(folder, RUNS - 8)


def test_a_file_that_was_cut_off(folder: Path) -> None:
    with (folder / FILE).open("r+b") as file:
        file.truncate((folder / FILE).stat().st_size // PAGE * 3 // 4 * PAGE)
    check(folder, RUNS // 4)


def test_a_number_that_was_changed(folder: Path) -> None:
    content = (folder / FILE).read_bytes()
    score = json.dumps(run(7).scores["MSE"]).encode()
    assert content.count(score) == 2  # in the record, and in what tables need of it
    (folder / FILE).write_bytes(content.replace(score, score[:-1] + b"0123456789"[int(score[-1:]) - 1 :][:1]))
    check(folder, RUNS)


@pytest.mark.parametrize("table", ["outlines", "kinds"])
def test_what_tables_need_is_made_again_from_the_records(folder: Path, table: str) -> None:
    (page, *_) = pages_of(folder, table)
    with (folder / FILE).open("r+b") as file:
        file.seek(page * PAGE - 40)
        file.write(b"0123456789")
    with closing(Store(folder)) as store, pytest.raises(HarnessError, match="damaged"):
        store.outlines()
    assert recover(folder).lost == ()
    with closing(Store(folder)) as store:
        assert [outline.scores for outline in store.outlines()] == [record.scores for record in store.runs()]


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_damaged_is_told_or_harms_no_row(folder: Path, seed: int) -> None:
    """Some bytes anywhere: what can be read afterwards is what was written, or the command says that it is damaged."""
    random = Random(seed)
    content = bytearray((folder / FILE).read_bytes())
    for _ in range(20):
        content[random.randrange(100, len(content))] = random.randrange(256)
    (folder / FILE).write_bytes(content)
    try:
        with closing(Store(folder)) as store:
            records = store.runs()
    except HarnessError as error:
        assert "recover" in str(error) or "not written by harness" in str(error)  # noqa: PT017
    else:
        assert [(record.scores, record.curve) for record in records] == [
            (run(record.spec.seed).scores, run(record.spec.seed).curve) for record in records
        ]
    recover(folder)
    with closing(Store(folder)) as store:
        for record in store.runs():
            assert (record.scores, record.curve) == (run(record.spec.seed).scores, run(record.spec.seed).curve)


def test_a_log_that_was_cut_off_loses_what_had_not_been_reported_alone(folder: Path) -> None:
    """As a loss of power leaves it: what was being written is gone, what had been is there."""
    writer = Store(folder, create=True)
    writer.add(run(100))
    log = folder / f"{FILE}-wal"
    whole = log.read_bytes()
    writer.add(run(101))
    more = log.read_bytes()
    assert len(more) > len(whole)
    copy = folder.parent / "copy"
    copy.mkdir()
    (copy / FILE).write_bytes((folder / FILE).read_bytes())
    (copy / log.name).write_bytes(more[: len(more) - 100])
    with closing(Store(copy, create=True)) as store:
        assert [record.spec.seed for record in store.runs()] == [*range(RUNS), 100]
        assert store.claim(run(101).spec) == "taken"
    writer.close()


def test_what_lies_in_the_log_alone_is_recovered(folder: Path) -> None:
    writer = Store(folder, create=True)
    writer.add(run(100))
    copy = folder.parent / "copy"
    copy.mkdir()
    for name in (FILE, f"{FILE}-wal"):
        (copy / name).write_bytes((folder / name).read_bytes())
    writer.close()
    page = pages_of(folder, "runs")[1]
    with (copy / FILE).open("r+b") as file:
        file.seek((page - 1) * PAGE)
        file.write(b"\xa5" * PAGE)
    assert recover(copy).aside
    with closing(Store(copy)) as store:
        assert 100 in [record.spec.seed for record in store.runs()]


@pytest.mark.parametrize("size", [0, 50])
def test_a_file_of_which_nothing_is_left_is_told_and_put_aside(folder: Path, size: int) -> None:
    with (folder / FILE).open("r+b") as file:
        file.truncate(size)
    for create in (True, False):
        with pytest.raises(HarnessError, match="recover"):
            Store(folder, create=create)
    found = recover(folder)
    assert (found.rows, len(found.lost)) == (0, RUNS)
    with closing(Store(folder, create=True)) as store:
        assert store.runs() == []


def as_schema(folder: Path, schema: int) -> None:
    """What that version would have written: the third was today's without the last tables."""
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.executescript("PRAGMA journal_mode = DELETE; DROP TABLE outlines; DROP TABLE kinds; VACUUM;")
        connection.execute(f"PRAGMA user_version = {schema}")


def test_a_damaged_folder_of_the_third_schema_becomes_one_of_todays(folder: Path) -> None:
    as_schema(folder, 3)
    before = (folder / FILE).read_bytes()
    assert (recover(folder).aside, (folder / FILE).read_bytes()) == (None, before), "nothing is damaged yet"
    test_a_page_that_is_lost_takes_its_rows_alone(folder, "runs")
    with closing(Store(folder)) as store:
        assert [outline.scores for outline in store.outlines()] == [record.scores for record in store.runs()]


@pytest.mark.parametrize(
    ("schema", "damage", "told"),
    [
        (
            2,
            b"",
            "(its schema is 2), which made no checksums: nobody can tell which rows are safe. It can be read",
        ),
        (1, b"\xa5" * PAGE, "nobody can tell which rows are safe. It is damaged: put a copy in its place."),
        (
            99,
            b"",
            "(its schema is 99, this version knows 4): upgrade cell-harness to recover it.",
        ),
    ],
)
def test_what_cannot_be_recovered_is_told_and_left_as_it_is(
    folder: Path, schema: int, damage: bytes, told: str
) -> None:
    as_schema(folder, schema)
    (page, *_) = pages_of(folder, "runs_by_key")
    with (folder / FILE).open("r+b") as file:
        file.seek((page - 1) * PAGE)
        file.write(damage)
    before = (folder / FILE).read_bytes()
    with pytest.raises(HarnessError) as error:
        recover(folder)
    assert told in str(error.value)
    assert (folder / FILE).read_bytes() == before
    assert {path.name for path in folder.iterdir()} == {FILE, "states"}


def test_nothing_is_done_where_nothing_is_damaged_or_somebody_is_at_work(folder: Path) -> None:
    before = (folder / FILE).read_bytes()
    found = recover(folder)
    assert (found.rows, found.lost, found.aside) == (RUNS + 1, (), None)
    assert (folder / FILE).read_bytes() == before
    with closing(Store(folder, create=True)) as store:
        store.claim(replace(SPEC, seed=99))
        with pytest.raises(HarnessError, match="a command is at work"):
            recover(folder)
    with pytest.raises(HarnessError, match="is no results folder"):
        recover(folder.parent)
    assert not [path for path in folder.iterdir() if "recovering" in path.name or path.name.endswith(".new")]
