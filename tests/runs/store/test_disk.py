"""What is on the disk, and what happens when that is full."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from stored import RECORD, SPEC

from harness.runs.store import Store


def test_a_record_is_on_the_disk_when_add_returns(tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    asked = store._database.connection.execute
    assert asked("PRAGMA synchronous").fetchone() == (2,)  # FULL: the log is synced at each commit
    assert asked("PRAGMA journal_mode").fetchone() == ("wal",)


FULL = """
import resource, signal, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from dataclasses import replace
from stored import RECORD, SPEC
from harness.errors import HarnessError
from harness.runs.store import Store
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
    script = FULL.format(tests=str(Path(__file__).parent.parent), folder=str(tmp_path / "results"), state=state)
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
