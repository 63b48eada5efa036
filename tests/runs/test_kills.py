"""A sweep that is killed again and again and resumed until it is done leaves what an undisturbed one leaves."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress
from random import Random
from typing import TYPE_CHECKING

import psutil
import pytest

from harness import cli
from harness.runs import record
from harness.runs.store import Store
from harness.training import clock
from harness.training.timing import cost

if TYPE_CHECKING:
    from pathlib import Path

STILL = '''
"""A clock that stands still and a machine that does nothing else: tables of equal results are equal to the byte."""
from harness import hookimpl
from harness.runs import record
from harness.training import clock
from harness.training.timing import cost

clock.between = lambda earlier, later: 0.0
cost.measure = None  # a cost that cannot be measured is none
record.BUSY = float("inf")  # so that no run is disturbed

@hookimpl
def harness_cells():
    return {}
'''
COMMAND = ["run", "--cells", "elman,gru", "--tasks", "adding:length=5", "--budget", "smoke", "--engine", "loop"]
COMMAND += ["--retry", "1000", "--plugin", "still.py"]
REPORTED = re.compile(r"(elman|gru) seed (\d+)  (attempt \d+: )?MSE")
FILES = ("table.md",)  # table.csv has the measured cost of a step, too


class Session:
    """A `harness run` in a process of its own."""

    def __init__(self, folder: Path, results: str, seeds: int) -> None:
        options = ("--out", results, "--seeds", str(seeds), "--workers", "2")
        command = [sys.executable, "-m", "harness", *COMMAND, *options]
        streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
        self.process = subprocess.Popen(command, cwd=folder, text=True, **streams)  # type: ignore[call-overload]
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def kill_one(self, random: Random) -> None:
        """Kill the command or one of its processes, at some moment: while it starts, or once it has reported a run."""
        end = time.monotonic() + 2 * random.random() if random.random() < 0.2 else None
        while self.process.poll() is None and (time.monotonic() < end if end else not self.reported()):
            time.sleep(0.01)
        time.sleep(0.4 * random.random())
        with suppress(psutil.NoSuchProcess):  # it was done before, or a worker was
            parent = psutil.Process(self.process.pid)
            random.choice([parent, *parent.children(recursive=True)]).kill()

    def end(self) -> int:
        self.process.wait()
        self._reader.join()
        assert self.process.stderr
        self.process.stderr.close()
        assert not any("Traceback" in line for line in self.lines), "".join(self.lines)
        return self.process.returncode

    def reported(self) -> set[tuple[str, int]]:
        """The runs of which it said how they had finished."""
        found = [REPORTED.search(line) for line in self.lines.copy()]
        return {(match[1], int(match[2])) for match in found if match}

    def _read(self) -> None:
        assert self.process.stderr
        self.lines.extend(iter(self.process.stderr.readline, ""))


def disturbed(folder: Path, results: str, seeds: int, random: Random, kills: int) -> int:
    """Run the sweep until it is done, with so many kills at most; gives their number."""
    made = 0
    while True:
        session = Session(folder, results, seeds)
        while made < kills and session.process.poll() is None:
            session.kill_one(random)
            made += 1
        code = session.end()
        if (folder / results / "runs.sqlite").exists():
            with closing(Store(folder / results)) as store:
                kept = {(run.spec.cell.name, run.spec.seed) for run in store.runs() if run.status == "finished"}
            assert session.reported() <= kept, "a record is durable before it is reported"
        if code == 0:
            return made
        gave_up = any("no worker can be started" in line for line in session.lines)  # its server was killed thrice
        assert code == -9 or (gave_up and code == 2), session.lines  # it may be killed while it gives up


def check(folder: Path, seeds: int, expected: dict[str, bytes]) -> None:
    assert {name: (folder / name).read_bytes() for name in FILES} == expected
    with closing(Store(folder)) as store:
        rows = store._database.connection.execute(
            "SELECT cell, seed, attempt, status FROM runs ORDER BY number, attempt"
        )
        ends: dict[tuple[str, int], list[str]] = {}
        for cell, seed, attempt, status in rows:
            ends.setdefault((cell, seed), []).append(status)
            assert attempt == len(ends[cell, seed])
    assert list(ends) == [(cell, seed) for seed in range(seeds) for cell in ("elman", "gru")]
    for *before, last in ends.values():
        assert set(before) <= {"crashed"}
        assert last == "finished"
    assert {path.suffix for path in (folder / "states").iterdir()} == {".safetensors"}
    assert len(list((folder / "states").iterdir())) == 2 * seeds


def undisturbed(folder: Path, seeds: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """The tables of the same sweep in this process, run by run."""
    (folder / "still.py").write_text(STILL)
    monkeypatch.chdir(folder)
    for place, name in ((clock, "between"), (cost, "measure"), (record, "BUSY")):
        monkeypatch.setattr(place, name, getattr(place, name))  # which the plugin changes, and is put back
    options = ("--out", "undisturbed", "--seeds", str(seeds), "--workers", "0")
    monkeypatch.setattr(sys, "argv", ["harness", *COMMAND, *options])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    return {name: (folder / "undisturbed" / name).read_bytes() for name in FILES}


def test_a_sweep_that_is_killed_leaves_what_an_undisturbed_one_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = undisturbed(tmp_path, 3, monkeypatch)
    disturbed(tmp_path, "results", 3, Random(2), kills=3)
    check(tmp_path / "results", 3, expected)


@pytest.mark.slow
def test_200_kills_lose_and_double_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = undisturbed(tmp_path, 10, monkeypatch)
    random, kills = Random(0), 0
    while kills < 200:
        results = f"after-{kills}"
        kills += disturbed(tmp_path, results, 10, random, min(10, 200 - kills))
        check(tmp_path / results, 10, expected)
    assert kills == 200
