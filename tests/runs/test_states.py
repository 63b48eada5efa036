"""The state that did best on validation: kept with a run, and what it is worth."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch
from safetensors import safe_open

from harness import HarnessError
from harness.modeling.assembly import build
from harness.runs.building import architecture, load_cell, load_task
from harness.runs.execute import execute
from harness.runs.plan import Plan, Request
from harness.runs.record import RunRecord
from harness.runs.states import FOLDER, keep_state, read_state
from harness.runs.store import Store
from harness.runs.weights import pack, unpack
from harness.training.loop import evaluate
from harness.training.splits import Splits

if TYPE_CHECKING:
    from pathlib import Path

    from harness.runs.spec import RunSpec

KEY = "00ff"


def spec_of(cell: str, **recipe: object) -> RunSpec:
    spec = next(iter(Plan.make(Request((cell,), ("adding:length=5",), 1, "smoke", "cpu")).specs()))
    return replace(spec, recipe=replace(spec.recipe, **recipe))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def record() -> RunRecord:
    """Of a run that was best in its middle: its steps are so large that it gets worse again."""
    record = execute(spec_of("gru", steps=8, evaluations=8, learning_rate=0.3))
    assert isinstance(record, RunRecord)
    assert record.best_step is not None
    assert record.best_step < 8
    return record


def test_the_state_that_is_kept_is_the_one_that_did_best_on_validation(record: RunRecord, tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    store.add(record)
    store.close()
    spec = record.spec
    cell, options = load_cell(spec.cell)
    model = build(cell, options, architecture(spec), record.hidden_size or 0, seed=99)
    unpack(model, read_state(tmp_path, spec.key))
    assert pack(model) == record.state
    task = load_task(spec.task)
    splits = Splits(task, spec.seed, torch.device("cpu"))
    assert evaluate(model, task, splits.validation()) == record.validation
    assert evaluate(model, task, splits.test()) == record.scores


def test_it_is_a_file_of_safetensors_that_others_can_read(record: RunRecord, tmp_path: Path) -> None:
    Store(tmp_path, create=True).add(record)
    (path,) = (tmp_path / FOLDER).iterdir()
    assert path.name == f"{record.spec.key}.safetensors"
    with safe_open(path, "pt") as file:
        shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    hidden = record.hidden_size
    assert shapes["readout.weight"] == (1, hidden)
    assert shapes["stack.layers.0.cell.gates.recurrent"] == (hidden, 2 * (hidden or 0))


def test_the_weights_are_no_part_of_the_database(record: RunRecord, tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    store.add(record)
    (row,) = store._database.connection.execute("SELECT record || history FROM runs").fetchone()
    assert '"state"' not in row
    assert store.runs()[0].state == b""


def test_a_run_that_diverged_keeps_none(tmp_path: Path) -> None:
    record = execute(spec_of("gru", learning_rate=1e30, clip=None, optimiser="sgd"))
    assert isinstance(record, RunRecord)
    assert record.status == "diverged"
    Store(tmp_path, create=True).add(record)
    assert not (tmp_path / FOLDER).exists()


def test_the_weights_of_a_record_that_is_there_are_never_changed_and_nothing_else_is_left(
    record: RunRecord, tmp_path: Path
) -> None:
    store = Store(tmp_path, create=True)
    store.add(record)
    store.add(replace(record, state=b"others"))
    assert read_state(tmp_path, record.spec.key) == record.state
    assert [path.name for path in (tmp_path / FOLDER).iterdir()] == [f"{record.spec.key}.safetensors"]


def test_weights_whose_record_was_not_stored_any_more_are_replaced(record: RunRecord, tmp_path: Path) -> None:
    store = Store(tmp_path, create=True)
    keep_state(tmp_path, record.spec.key, b"of a run whose command was killed then")
    store.add(record)
    assert read_state(tmp_path, record.spec.key) == record.state


def test_what_a_writer_left_that_was_killed_is_taken_away(record: RunRecord, tmp_path: Path) -> None:
    Store(tmp_path, create=True).add(record)
    (tmp_path / FOLDER / f"{KEY}.safetensors.part").write_bytes(b"half")
    Store(tmp_path, create=True).close()
    assert [path.name for path in (tmp_path / FOLDER).iterdir()] == [f"{record.spec.key}.safetensors"]


@pytest.mark.parametrize("key", ["../runs", "/etc/passwd", "..", "00ff/../../x", "", "00FF"])
def test_no_key_names_a_file_outside_of_the_folder(key: str, tmp_path: Path) -> None:
    for use in (lambda: read_state(tmp_path, key), lambda: keep_state(tmp_path, key, b"weights")):
        with pytest.raises(HarnessError, match="is no key of a run"):
            use()
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_is_broken_off_leaves_no_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(HarnessError, match=rf"run {KEY} cannot be kept in .*{FOLDER}: No space left on device\."):
        keep_state(tmp_path, KEY, b"weights")
    assert list((tmp_path / FOLDER).iterdir()) == []
    with pytest.raises(HarnessError, match="are not kept"):
        read_state(tmp_path, KEY)
    monkeypatch.undo()
    keep_state(tmp_path, KEY, b"weights")
    assert read_state(tmp_path, KEY) == b"weights"


def test_a_state_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(HarnessError) as error:
        read_state(tmp_path, KEY)
    path = tmp_path / FOLDER / f"{KEY}.safetensors"
    assert str(error.value) == f"the weights of run {KEY} are not kept: {path} is not there."
