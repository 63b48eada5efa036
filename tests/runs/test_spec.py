from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest

from harness.modeling.sizing import Size
from harness.registry import Component
from harness.runs.spec import BaselineSpec, RunSpec, content_hash
from harness.training.recipe import Recipe

CELL = Component("lstm", "lstm", {"forget_bias": "2"}, "cell-harness", "0.1.0", "aa")
TASK = Component("adding", "adding", {"length": 50}, "cell-harness", "0.1.0", "bb")
SPEC = RunSpec(CELL, TASK, "generated", 0, "quick", Recipe(10, 2, 0.1, 100), Size("params", 100), "cpu")


def test_equal_content_gives_equal_keys_and_a_known_one() -> None:
    assert replace(SPEC).key == SPEC.key
    assert content_hash({"b": 1, "a": [True, None]}) == "51705a2c9eb3e7e4"  # sha256 of {"a":[true,null],"b":1}


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"data": "other"},
        {"budget": "full"},
        {"device": "cuda:0"},
        {"size": Size("hidden", 100)},
        {"recipe": Recipe(11, 2, 0.1, 100)},
        {"cell": replace(CELL, source="edited")},
        {"cell": replace(CELL, version="0.2.0")},
        {"cell": replace(CELL, options={"forget_bias": "1"})},
        {"task": replace(TASK, options={"length": 51})},
    ],
)
def test_whatever_changes_a_result_changes_the_key(change: dict[str, object]) -> None:
    assert replace(SPEC, **change).key != SPEC.key  # type: ignore[arg-type]


def test_another_harness_trains_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    before = replace(SPEC).key
    monkeypatch.setattr("harness.runs.spec.__version__", "99.0")
    assert replace(SPEC).key != before


def test_where_the_code_lies_is_no_content() -> None:
    elsewhere = replace(SPEC, plugins=("/elsewhere/cell.py",), cell=replace(CELL, target="/elsewhere/cell.py:LSTM"))
    assert elsewhere.key == SPEC.key


def test_a_contest_is_all_but_cell_and_seed() -> None:
    assert replace(SPEC, seed=5, cell=replace(CELL, name="gru")).contest == SPEC.contest
    assert replace(SPEC, budget="full").contest != SPEC.contest


def test_settings_of_a_cells_own_leave_the_contest_and_name_the_row() -> None:
    own = replace(SPEC, recipe=replace(SPEC.recipe, clip=None), shared={"clip": SPEC.recipe.clip})
    assert own.contest == SPEC.contest
    assert own.key != SPEC.key
    assert own.row == "lstm:forget_bias=2 clip=none"
    assert str(own) == "adding:length=50 lstm:forget_bias=2 clip=none seed 0"
    for_all = replace(SPEC, recipe=own.recipe)
    assert for_all.contest != SPEC.contest
    assert for_all.key != own.key  # it has other rivals
    assert for_all.row == "lstm:forget_bias=2"
    assert RunSpec.from_dict(json.loads(json.dumps(asdict(own)))).key == own.key


def test_what_was_run_before_cells_could_have_settings_of_their_own_keeps_its_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("harness.runs.spec.__version__", "0.1.0")
    assert (replace(SPEC).key, replace(SPEC).contest) == ("1984476f38cff1ec", "03341a70f329fdb7")
    before = {name: value for name, value in asdict(SPEC).items() if name != "shared"}
    assert RunSpec.from_dict(before) == SPEC


def test_a_spec_survives_json() -> None:
    again = RunSpec.from_dict(json.loads(json.dumps(asdict(replace(SPEC, plugins=("a.py",))))))
    assert again == SPEC
    assert again.key == SPEC.key
    assert again.plugins == ("a.py",)


def test_baselines_depend_on_task_and_data_only() -> None:
    assert BaselineSpec(TASK, "x").key != BaselineSpec(TASK, "y").key
    assert BaselineSpec(TASK, "x", ("a.py",)).key == BaselineSpec(TASK, "x").key
