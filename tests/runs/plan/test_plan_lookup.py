"""Which cells and tasks are meant."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from planning import request

from harness.errors import HarnessError
from harness.runs.plan import Plan

if TYPE_CHECKING:
    from pathlib import Path


def test_all_takes_everything_that_is_registered() -> None:
    plan = Plan.make(request(cells=("all",), tasks=("all", "adding:length=7")))
    assert {"lstm", "gru", "elman", "jordan", "torch-lstm"} <= {cell.name for cell in plan.cells}
    assert {"adding", "char-lm", "sentiment", "adding:length=7"} <= {component.label for component, _ in plan.tasks}


OTHERS = """
from harness import hookimpl

@hookimpl
def harness_cells():
    return {"lstm": "nowhere:LSTM"}

@hookimpl
def harness_tasks():
    return {"lost": "nowhere:Task"}
"""


def test_what_others_broke_or_named_alike_does_not_stop_all(tmp_path: Path) -> None:
    (tmp_path / "others.py").write_text(OTHERS)
    plan = Plan.make(request(cells=("all",), tasks=("all",), plugins=(str(tmp_path / "others.py"),)))
    assert {"cell-harness/lstm", "others.py/lstm", "gru"} <= {cell.name for cell in plan.cells}
    assert "adding" in {component.label for component, _ in plan.tasks}
    assert plan.lost == ()
    skipped = [str(error).partition(" could")[0] for error in plan.skipped]
    assert f'"lost" of {_origin(tmp_path / "others.py")}' in skipped


def _origin(path: Path) -> str:
    return f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()[:8]}"


def test_a_file_with_a_class_is_a_cell(plugin: str) -> None:
    spec = next(iter(Plan.make(request(cells=(f"{plugin}:Plain",))).specs()))
    assert spec.cell.label == "Plain"
    assert spec.cell.distribution == "third_party.py"
    assert len(spec.cell.source) == 64


def test_what_is_named_twice_is_run_once(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("class Mine: ...")
    twice = (f"{file}:Mine", f"{tmp_path}/../{tmp_path.name}/mine.py:Mine")
    plan = Plan.make(request(cells=twice, tasks=("adding:length=9", "adding", "adding:length=100"), seeds=1))
    assert [(spec.cell.label, spec.task.label) for spec in plan.specs()] == [
        ("Mine", "adding:length=9"),
        ("Mine", "adding"),
    ]


def test_two_classes_that_a_table_would_call_the_same_are_told(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / f"{name}.py").write_text(f"class Mine: {name} = True")
    first, second = (f"{tmp_path}/{name}.py:Mine" for name in ("first", "second"))
    with pytest.raises(HarnessError) as caught:
        Plan.make(request(cells=(first, "gru", second)))
    assert str(caught.value) == f'{first} and {second} are both called "Mine" in tables: give one another name.'
