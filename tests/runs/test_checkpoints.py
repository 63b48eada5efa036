"""A run that was broken off and gone on with gives what one of one piece gives, to the last bit."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from harness.runs.execute import execute
from harness.runs.limits import Keeping
from harness.runs.plan import Plan, Request
from harness.runs.record import RunRecord
from harness.runs.states import CHECKPOINTS
from harness.runs.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from harness.modeling.engine.select import Engine
    from harness.runs.spec import RunSpec

ALWAYS = 1e-9
RANDOM = '''
"""A cell that uses the random numbers that all share."""
import random
import numpy as np
import torch
from harness import hookimpl
from harness_scratch.elman import Elman

class Noisy(Elman):
    def step(self, x, h):
        if self.training:
            x = x + 0.1 * torch.rand_like(x) + 0.1 * random.random() + 0.1 * np.random.random()
        return super().step(x, h)

@hookimpl
def harness_cells():
    return {"noisy": Noisy}
'''


class Stopped(BaseException):
    """What comes in the middle of a run."""


def spec_of(cell: str, task: str, *plugins: str, **recipe: Any) -> RunSpec:
    engine: Engine = "auto" if cell == "lstm" else "loop"
    spec = next(iter(Plan.make(Request((cell,), (task,), 1, "smoke", "cpu", plugins=plugins, engine=engine)).specs()))
    return replace(spec, recipe=replace(spec.recipe, batch=4, **{"steps": 30, "evaluations": 4, **recipe}))


def run(spec: RunSpec, keeping: Keeping | None = None, stop_at: int = 0) -> RunRecord:
    def report(step: int, _loss: float) -> None:
        if step == stop_at:
            raise Stopped

    record = execute(spec, report, keeping)
    assert isinstance(record, RunRecord)
    return record


def told(record: RunRecord) -> dict[str, Any]:
    """All of a record but what was measured in seconds."""
    values = record.as_dict()
    for name in ("seconds", "elapsed", "diagnosing_seconds", "finished", "environment", "cost", "disturbance"):
        values.pop(name)
    for point in values["curve"]:
        point.pop("seconds")
    return json.loads(json.dumps({**values, "state": values["state"].hex()}))  # as the store keeps it


@pytest.mark.parametrize(
    ("cell", "task", "recipe"),
    [
        ("gru", "adding:length=5", {"dropout": 0.5, "layers": 2, "learning_rate": 0.1}),
        ("lstm", "adding:length=5", {"optimiser": "adamw", "weight_decay": 0.1, "schedule": "cosine:share=0.8"}),
        ("elman", "copy:delay=3", {"optimiser": "rmsprop:momentum=0.9", "schedule": "step:every=0.2"}),
        ("jordan", "adding:length=5", {"optimiser": "sgd:momentum=0.9:nesterov=true", "regulariser": "pascanu"}),
        ("elman", "char-lm:corpus={text}:chunk=5", {"optimiser": "sgd", "schedule": "linear"}),
        ("noisy", "adding:length=5", {}),
    ],
)
def test_a_run_that_went_on_gives_what_one_of_one_piece_gives(
    tmp_path: Path, cell: str, task: str, recipe: dict[str, Any]
) -> None:
    text, plugin = tmp_path / "text.txt", tmp_path / "plugin.py"
    text.write_text("the quick brown fox jumps over the lazy dog, " * 40)
    plugin.write_text(RANDOM)
    spec = spec_of(cell, task.format(text=text), str(plugin), **recipe)
    expected = run(spec)
    assert expected.status == "finished", expected.details
    keeping = Keeping(tmp_path, ALWAYS)
    for stop_at in (20, 30):  # 30 is gone on with from the checkpoint at 23, which the first piece had not come to
        with pytest.raises(Stopped):
            run(spec, keeping, stop_at)
    begun: list[int] = []
    record = execute(spec, lambda step, _loss: begun.append(step), keeping)
    assert isinstance(record, RunRecord)
    assert begun == [30]
    assert told(record) == told(expected)


def test_a_checkpoint_is_data_that_others_can_read_and_goes_when_the_run_is_stored(tmp_path: Path) -> None:
    spec = spec_of("gru", "adding:length=5")
    with pytest.raises(Stopped):
        run(spec, Keeping(tmp_path, ALWAYS), 20)
    (path,) = (tmp_path / CHECKPOINTS).iterdir()
    assert path.name == f"{spec.key}.safetensors"
    with safe_open(path, "pt") as file:
        assert json.loads(file.metadata()["training"])["step"] == 15
        assert {name.partition("/")[0] for name in file.keys()} == {*("model", "best", "states", "update", "random")}  # noqa: SIM118
    store = Store(tmp_path, create=True)
    store.claim(spec)
    store.add(RunRecord(spec, "out of time"))
    assert path.exists(), "another attempt goes on from there"
    store.claim(spec, attempts=2)
    store.add(run(spec, Keeping(tmp_path)))
    assert not path.exists()


def test_without_an_interval_none_is_made(tmp_path: Path) -> None:
    run(spec_of("gru", "adding:length=5"), Keeping(tmp_path))
    assert list(tmp_path.iterdir()) == []


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def nothing(path: Path) -> None:
    path.write_bytes(b"")


def pickled(path: Path) -> None:
    torch.save({"model": torch.ones(3)}, path)


def edited(path: Path, **values: Any) -> None:
    tensors = load_file(path)
    with safe_open(path, "pt") as file:
        told = file.metadata()
    training = json.loads(told["training"])
    save_file(tensors, path, {**told, "training": json.dumps({**training, **values})})


def elsewhere(path: Path) -> None:
    with safe_open(path, "pt") as file:
        told = file.metadata()
    origin = {**json.loads(told["origin"]), "torch": "1.0"}
    save_file(load_file(path), path, {**told, "origin": json.dumps(origin)})


def other_shapes(path: Path) -> None:
    tensors = {name: torch.ones(2, 2) if name.startswith("model/") else t for name, t in load_file(path).items()}
    with safe_open(path, "pt") as file:
        save_file(tensors, path, file.metadata())


def bad_random_numbers(path: Path) -> None:
    tensors = {**load_file(path), "random/cpu": torch.ones(3, dtype=torch.uint8)}
    with safe_open(path, "pt") as file:
        save_file(tensors, path, file.metadata())


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (half, "it is damaged"),
        (nothing, "it is damaged"),
        (pickled, "it is damaged"),
        (elsewhere, "it was made by another version or on another machine"),
        (other_shapes, "training begins anew: Error"),
        (bad_random_numbers, "training begins anew: "),
        (lambda path: edited(path, step=10**15), "training begins anew: it is of step"),
        (lambda path: edited(path, step=-1), "training begins anew: it is of step"),
        (lambda path: edited(path, result=[]), "training begins anew: "),
        (lambda path: edited(path, update={"others": [], "rates": [], "step": 3}), "training begins anew: "),
    ],
)
def test_a_checkpoint_that_cannot_be_used_is_told_and_the_run_begins_anew(
    tmp_path: Path, spoil: Any, reason: str
) -> None:
    spec = spec_of("gru", "adding:length=5", dropout=0.5, layers=2)
    expected = run(spec)
    with pytest.raises(Stopped):
        run(spec, Keeping(tmp_path, ALWAYS), 20)
    spoil(tmp_path / CHECKPOINTS / f"{spec.key}.safetensors")
    with pytest.warns(RuntimeWarning, match=reason):
        record = run(spec, Keeping(tmp_path))
    assert told(record) == told(expected)


def test_a_checkpoint_that_cannot_be_written_is_told_and_the_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    spec = spec_of("gru", "adding:length=5", steps=10)
    monkeypatch.setattr("os.fsync", full)
    with pytest.warns(RuntimeWarning, match=r"cannot be written: No space left on device"):
        assert run(spec, Keeping(tmp_path, ALWAYS)).status == "finished"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
