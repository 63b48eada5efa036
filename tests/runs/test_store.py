from __future__ import annotations

import json
import math
import multiprocessing
import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import HarnessError
from harness.modeling.sizing import Size
from harness.registry import Component
from harness.runs import claims
from harness.runs.record import BaselineRecord, RunRecord
from harness.runs.spec import BaselineSpec, RunSpec
from harness.runs.store import FILE, Store, schema
from harness.runs.store.outline import LEFT_OUT, OWN, SHARED
from harness.runs.store.schema import APPLICATION, SCHEMA, _to_2, _to_3
from harness.training.recipe import Recipe

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier

CELL = Component("lstm", "lstm", {}, "cell-harness", "0.1.0", "aa")
TASK = Component("adding", "adding", {}, "cell-harness", "0.1.0", "bb")
SPEC = RunSpec(CELL, TASK, "generated", 0, "quick", Recipe(10, 2, 0.1, 100), Size("params", 100), "cpu")
RECORD = RunRecord(SPEC, "finished", scores={"MSE": 0.25}, curve=[{"step": 1, "loss": float("nan")}], finished="2026")


def test_what_is_added_is_read_by_another_connection(tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    baseline = BaselineRecord(BaselineSpec(TASK, "generated"), [{"name": "constant", "scores": {"MSE": 1 / 6}}])
    store.add(RECORD)
    store.add(baseline)
    other = Store(tmp_path)
    (read,) = other.runs()
    assert read.scores == {"MSE": 0.25}
    assert read.spec == SPEC
    assert str(read.curve) == str(RECORD.curve)  # NaN included
    assert other.baselines() == [baseline]
    assert other.keys() == {SPEC.key, baseline.spec.key}


def test_a_record_is_on_the_disk_when_add_returns(tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    asked = store._database.connection.execute
    assert asked("PRAGMA synchronous").fetchone() == (2,)  # FULL: the log is synced at each commit
    assert asked("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_record_is_never_changed(tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    store.add(RECORD)
    store.add(replace(RECORD, scores={"MSE": 99.0}))
    assert [record.scores for record in store.runs()] == [{"MSE": 0.25}]


def test_only_the_runs_asked_for(tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    other = replace(RECORD, spec=replace(SPEC, seed=1))
    store.add(RECORD)
    store.add(other)
    assert [record.spec.seed for record in store.runs([other.spec.key])] == [1]


def _write(folder: Path, writer: int) -> None:
    store = Store(folder, create=True)
    for seed in range(25):
        store.add(replace(RECORD, spec=replace(SPEC, seed=1000 * writer + seed)))
        store.add(replace(RECORD, spec=replace(SPEC, seed=seed)))  # which all writers have


def test_several_processes_lose_and_double_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(tmp_path / "new", number)) for number in (1, 2, 3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    assert len(Store(tmp_path / "new").runs()) == 3 * 25 + 25


def test_a_store_that_another_makes_between_two_questions_is_no_strangers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    class Slow(sqlite3.Connection):
        """Before whose second question another process comes."""

        def execute(self, *args: Any) -> sqlite3.Cursor:
            asked.append(args[0])
            if len(asked) == 2:
                monkeypatch.undo()
                Store(tmp_path, create=True).add(RECORD)
            return super().execute(*args)

    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Slow))
    assert [record.scores for record in Store(tmp_path, create=True).runs()] == [RECORD.scores]
    assert len(asked) > 2


def _make(folder: Path, gate: Barrier) -> None:
    for number in range(60):
        gate.wait()
        Store(folder / str(number), create=True).close()


def test_processes_that_make_a_store_at_the_same_moment_wait_for_each_other(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(6, timeout=60)
    makers = [context.Process(target=_make, args=(tmp_path, gate)) for _ in range(6)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    assert [maker.exitcode for maker in makers] == [0] * 6


def test_a_newer_schema_is_refused_and_left_untouched(tmp_path: Path) -> None:
    Store(tmp_path, create=True).close()
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    connection.close()
    before = (tmp_path / FILE).read_bytes()
    for create in (True, False):
        with pytest.raises(HarnessError, match="written by a newer version"):
            Store(tmp_path, create=create)
    assert (tmp_path / FILE).read_bytes() == before


FIRST = """
CREATE TABLE runs (
    key TEXT PRIMARY KEY, cell TEXT NOT NULL, task TEXT NOT NULL, seed INTEGER NOT NULL, status TEXT NOT NULL,
    finished TEXT NOT NULL, record TEXT NOT NULL, {history} TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE baselines (key TEXT PRIMARY KEY, task TEXT NOT NULL, record TEXT NOT NULL) WITHOUT ROWID;
"""
POINT = {"step": 1, "seconds": 0.5, "loss": 2.0, "scores": {"MSE": 0.25}}


def older(folder: Path, schema: int) -> None:
    """A folder as versions with that schema wrote it."""
    if schema == 3:  # the tables of today without the last ones
        older(folder, 2)
        Store(folder, create=True).close()
        with closing(sqlite3.connect(folder / FILE)) as connection:
            connection.executescript("PRAGMA journal_mode = DELETE; DROP TABLE outlines; DROP TABLE kinds;")
            connection.execute("PRAGMA user_version = 3")
        return
    specs = [{**asdict(replace(SPEC, seed=seed)), "plugins": []} for seed in range(3)]
    history = {"curve": [POINT], "diagnoses": [], "samples": []}
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.executescript(FIRST.format(history="curve" if schema == 1 else "history"))
        for seed, spec in enumerate(specs):
            known = {name: value for name, value in spec.items() if (name, schema) != ("changes", 1)}
            record = {"spec": known, "status": "finished", "scores": {"MSE": seed / 4}, "finished": f"200{9 - seed}"}
            row = (f"{9 - seed:04}", "lstm", "adding", seed, "finished", f"200{9 - seed}", json.dumps(record))
            told = json.dumps([POINT] if schema == 1 else history)
            connection.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*row, told))
        for reason in ("", "ValueError"):
            spec = {"task": asdict(replace(TASK, version=reason)), "data": "generated", "plugins": []}
            record = {"spec": spec, "reason": reason, "baselines": [{"name": "constant", "scores": {"MSE": math.nan}}]}
            connection.execute("INSERT INTO baselines VALUES (?, ?, ?)", (f"f{reason}", "adding", json.dumps(record)))
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {schema}")
        connection.commit()


@pytest.mark.parametrize("schema", range(1, SCHEMA))
def test_an_older_schema_is_read_as_it_is_and_brought_to_todays_by_a_writer(schema: int, tmp_path: Path) -> None:
    older(tmp_path, schema)
    before = (tmp_path / FILE).read_bytes()
    with closing(Store(tmp_path)) as reader:
        read = reader.runs()
        baselines = reader.baselines()
    assert (tmp_path / FILE).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    assert [record.scores["MSE"] for record in read] == [0.5, 0.25, 0.0]  # in the order in which they had been finished
    assert [(record.spec, record.attempt) for record in read] == [(replace(SPEC, seed=seed), 1) for seed in (2, 1, 0)]
    assert {name: read[0].curve[0][name] for name in POINT} == POINT
    assert [record.reason for record in baselines] == ["", "ValueError"]
    with closing(Store(tmp_path)) as reader:
        outlines = reader.outlines()
    assert [(one.spec.seed, one.scores, one.status) for one in outlines] == [
        (one.spec.seed, one.scores, one.status) for one in read
    ]
    assert [one.spec.key for one in outlines] == ["0007", "0008", "0009"]
    with closing(Store(tmp_path, create=True)) as writer:
        assert writer.runs()[0].scores == read[0].scores
        assert writer.keys() == {"0007", "0008", "0009", "f", "fValueError"}
        assert writer.keys(attempts=2) == {"0007", "0008", "0009", "f"}
        writer.add(replace(RECORD, spec=replace(SPEC, seed=7)))
        assert [record.spec.seed for record in writer.runs()] == [2, 1, 0, 7]
    with closing(Store(tmp_path)) as reader:
        assert [str(record) for record in reader.runs()[:3]] == [str(record) for record in read]


def test_a_migration_that_is_broken_off_leaves_the_older_schema(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older(tmp_path, 1)

    def broken(connection: sqlite3.Connection) -> None:
        _to_3(connection)
        raise KeyboardInterrupt

    monkeypatch.setattr(schema, "_STEPS", (_to_2, broken))
    with pytest.raises(KeyboardInterrupt):
        Store(tmp_path, create=True)
    monkeypatch.undo()
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    assert len(Store(tmp_path, create=True).runs()) == 3


def test_records_come_in_the_order_of_their_claims_whatever_the_clock_says(tmp_path: Path) -> None:
    with closing(Store(tmp_path, create=True)) as killed:
        for seed in range(3):
            assert killed.claim(replace(SPEC, seed=seed)) == "taken"
        killed.add(replace(RECORD, spec=replace(SPEC, seed=2), finished="2031"))
    with closing(Store(tmp_path, create=True)) as store:
        assert [store.claim(replace(SPEC, seed=seed)) for seed in range(3)] == ["taken", "taken", "done"]
        store.add(replace(RECORD, spec=replace(SPEC, seed=1), finished="2019"))
        store.add(replace(RECORD, spec=replace(SPEC, seed=0), finished="2020"))
        assert [record.spec.seed for record in store.runs()] == [0, 1, 2]


def test_what_failed_can_be_tried_again_and_the_last_attempt_counts(tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    failed = replace(RECORD, status="crashed", scores={})
    store.claim(SPEC)
    assert store.add(failed).attempt == 1
    assert (store.claim(SPEC), store.keys()) == ("done", {SPEC.key})
    assert (store.claim(SPEC, attempts=2), store.keys(attempts=2)) == ("taken", set())
    assert store.add(RECORD) == replace(RECORD, attempt=2)
    assert [(record.status, record.attempt) for record in store.runs()] == [("finished", 2)]
    assert [(record.status, record.attempt) for record in store.each_run()] == [("finished", 2)]
    assert (store.claim(SPEC, attempts=9), store.keys(attempts=9)) == ("done", {SPEC.key})
    rows = store._database.connection.execute("SELECT attempt, status FROM runs ORDER BY attempt").fetchall()
    assert rows == [(1, "crashed"), (2, "finished")]


@pytest.mark.parametrize("status", ["finished", "diverged", "not supported"])
def test_what_ends_the_same_each_time_is_not_tried_again(status: Any, tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    store.add(replace(RECORD, status=status))
    assert store.claim(SPEC, attempts=9) == "done"


def test_a_run_is_one_commands_until_that_ends(tmp_path: Path) -> None:
    first, second = Store(tmp_path, create=True), Store(tmp_path, create=True)
    assert (first.claim(SPEC), first.claim(SPEC), second.claim(SPEC)) == ("taken", "taken", "held")
    first.close()
    assert second.claim(SPEC) == "taken"
    assert second.add(RECORD) == RECORD
    assert second.add(replace(RECORD, scores={"MSE": 9.0})).scores == RECORD.scores, "without a claim nothing is added"


def _claim_and_wait(folder: Path, gate: Barrier) -> None:
    store = Store(folder, create=True)
    store.claim(SPEC)
    gate.wait()
    gate.wait()


def test_a_command_that_is_killed_holds_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(2, timeout=60)
    other = context.Process(target=_claim_and_wait, args=(tmp_path, gate))
    other.start()
    gate.wait()
    store = Store(tmp_path, create=True)
    assert store.claim(SPEC) == "held"
    other.kill()
    other.join()
    assert store.claim(SPEC) == "taken"
    store.close()
    assert list((tmp_path / claims.FOLDER).iterdir()) == []


def test_an_owner_that_others_wrote_names_no_file_outside_of_the_folder(tmp_path: Path) -> None:
    victim = tmp_path / "victim.lock"
    victim.touch()
    store = Store(tmp_path / "results", create=True)
    store._database.connection.execute("INSERT INTO claims (key, owner) VALUES (?, '../../victim')", (SPEC.key,))
    assert store.claim(SPEC) == "taken"
    assert victim.exists()


@pytest.mark.parametrize("change", ["record = replace(record, '0.25', '0.20')", "history = replace(history, '1', '2')"])
def test_a_row_that_is_not_what_was_written_is_told(change: str, tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    store.add(RECORD)
    store._database.connection.execute(f"UPDATE runs SET {change}")
    with pytest.raises(HarnessError, match=f"is damaged: the record of run {SPEC.key} is not what was written"):
        store.runs()


def test_a_row_that_is_no_record_is_told(tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    store.add(RECORD)
    for text in ("[]", "{}", "no JSON", '{"spec": 3}'):
        store._database.connection.execute("UPDATE runs SET record = ?, record_sum = ?", (text, schema.check_sum(text)))
        with pytest.raises(HarnessError, match=f"was not written by harness: the record of run {SPEC.key} is none"):
            store.runs()


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match=f"is no results folder: it has no {FILE}"):
        Store(tmp_path)
    file = tmp_path / "file"
    file.write_text("not a folder")
    with pytest.raises(HarnessError, match="is no results folder: it is a file"):
        Store(file, create=True)
    with pytest.raises(HarnessError, match="is no results folder: it is a file"):
        Store(file / "below", create=True)


def test_a_file_that_is_not_ours_is_refused_and_left_untouched(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"not a database at all, but long enough to be looked at" * 10)
    with pytest.raises(HarnessError, match="damaged, or no results of harness"):
        Store(tmp_path, create=True)
    (tmp_path / FILE).unlink()
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("CREATE TABLE somebody_elses (thing)")
    connection.close()
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(HarnessError, match="was not written by harness"):
        Store(tmp_path, create=True)
    assert (tmp_path / FILE).read_bytes() == before


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)  # file modes do not bind root, who may run this test
    with pytest.raises(HarnessError, match="is read-only: name another one with --out"):
        Store(tmp_path / "results", create=True)


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    store.add(RECORD)
    store.close()
    reader = Store(tmp_path)
    assert reader.runs()[0].scores == {"MSE": 0.25}
    with pytest.raises(HarnessError, match="cannot be written"):
        reader.add(replace(RECORD, spec=replace(SPEC, seed=1)))
    reader.close()
    assert [path.name for path in tmp_path.iterdir()] == [FILE]  # and leaves nothing behind


FULL = """
import resource, signal, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_store import RECORD, SPEC, Store, replace
from harness.errors import HarnessError
store = Store(Path({folder!r}), create=True)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (250_000, 250_000))
for seed in range(1000):
    try:
        store.add(replace(RECORD, spec=replace(SPEC, seed=seed), state={state}))
    except HarnessError as error:
        sys.exit(f"{{seed}} {{error}}")
    print("stored", seed, flush=True)
"""


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ("b''", "What was reported is safe; once there is room, the same command goes on."),
        ("bytes(200_000 * (1 + seed // 3))", "the weights of run"),
    ],
)
def test_a_full_disk_is_told_and_loses_nothing_that_was_reported(tmp_path: Path, state: str, message: str) -> None:
    """A limit on the size of files stands for the end of the disk."""
    script = FULL.format(tests=str(Path(__file__).parent), folder=str(tmp_path / "results"), state=state)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    stored = done.stdout.count("stored")
    assert done.stderr.startswith(f"{stored} ")
    assert stored > 2
    with closing(Store(tmp_path / "results", create=True)) as store:
        assert [record.spec.seed for record in store.runs()] == list(range(stored))
        store.add(replace(RECORD, spec=replace(SPEC, seed=stored)))
        assert len(store.runs()) == stored + 1
    assert not list((tmp_path / "results").rglob("*.part"))


READ_ONLY = """
import json, os, sys
from pathlib import Path
from harness.errors import HarnessError
from harness.runs.store import Store
folder = Path(sys.argv[1])
if os.getuid() == 0:  # modes do not bind root
    os.setgid(65534)
    os.setuid(65534)
print(len(Store(folder).runs()))
try:
    Store(folder, create=True)
except HarnessError as error:
    print(error)
"""


@pytest.mark.skipif(os.name != "posix", reason="users and modes are those of POSIX")
def test_a_read_only_folder_is_read_and_writing_is_refused_in_a_sentence() -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "results")
        store = Store(folder, create=True)
        store.add(RECORD)
        store.close()
        for path in (Path(place), *Path(place).rglob("*")):
            path.chmod(0o555)
        command = [sys.executable, "-c", READ_ONLY, str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        Path(place).chmod(0o755)
        folder.chmod(0o755)
    told = f"the results folder {folder} is read-only: name another one with --out."
    assert (done.stdout.splitlines(), done.stderr) == (["1", told], "")


def test_an_outline_says_what_tables_need_of_the_last_attempt(tmp_path: Path) -> None:
    whole = replace(
        RECORD,
        reason="none",
        parameters=7,
        seconds=2.5,
        environment={"torch": "2", "cores": 2},
        validation={"MSE": 1.0},
        cost={"forward": {"median": 1.5e-06, "low": 1e-06}, "memory": 65536, "kernel": "ä"},
        state=b"w",
    )
    others = {3: 0.01, 1: 0.11, 2: 0.09}  # of two cores, of which a twentieth is 0.1
    with closing(Store(tmp_path, create=True)) as store:
        for seed in (3, 1, 2):
            disturbance = {"others": others[seed], "waited": None}
            spec = replace(SPEC, seed=seed)
            store.add(replace(whole, spec=spec, scores={"MSE": seed / 8}, disturbance=disturbance))
        assert store._database.connection.execute("SELECT count(*) FROM kinds").fetchone() == (1,)
        outlines, runs = store.outlines(), store.runs()
        assert [one.spec for one in outlines] == [one.spec for one in runs]
        assert [one.spec.key for one in outlines] == [one.spec.key for one in runs]
        assert [one.spec.contest for one in outlines] == [one.spec.contest for one in runs]
        for outline, run in zip(outlines, runs, strict=True):
            for name in (*OWN, *SHARED, "price", "disturbed", "seed"):
                assert getattr(outline, name) == getattr(run, name)
            assert not any(getattr(outline, name) for name in LEFT_OUT)
        assert [one.disturbed for one in outlines] == [False, True, False]
        (one,) = store.outlines([runs[1].spec.key])
        assert one.spec.seed == 1
        store._database.connection.execute("UPDATE outlines SET own = replace(own, '0.125', '0.5')")
        with pytest.raises(HarnessError, match="is damaged: the record of run"):
            store.outlines()


def test_the_outline_of_a_run_that_was_tried_again_is_that_of_the_last_attempt(tmp_path: Path) -> None:
    with closing(Store(tmp_path, create=True)) as store:
        for status in ("crashed", "finished"):
            store.claim(SPEC, attempts=2)
            store.add(replace(RECORD, status=status))
        assert [(one.status, one.attempt) for one in store.outlines()] == [("finished", 2)]


@pytest.mark.parametrize("number", [math.inf, math.nan])
def test_numbers_that_are_none_are_read_like_others(number: float, tmp_path: Path) -> None:
    """Python writes them into JSON, and SQLite takes that for none."""
    odd = replace(RECORD, scores={"perplexity": number}, elapsed=2.0)
    costly = replace(RECORD, spec=replace(SPEC, seed=1), elapsed=4.0, cost={"forward": {"median": number}, "memory": 8})
    with closing(Store(tmp_path, create=True)) as store:
        store.add(odd)
        store.add(costly)
        assert str([one.scores for one in store.outlines()]) == str([odd.scores, costly.scores])
        assert str([one.price for one in store.outlines()]) == str([odd.price, costly.price])
        assert [seconds for _, seconds, _ in store.times()] == [4.0]
